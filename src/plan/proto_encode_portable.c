/* SPDX-License-Identifier: Apache-2.0 */
#define TREATY_LOOP treaty_proto_encode_portable
#include "plan/proto_encode_loop.h"
