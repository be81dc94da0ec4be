/* SPDX-License-Identifier: Apache-2.0 */
#define TREATY_LOOP treaty_proto_decode_portable
#include "plan/proto_decode_loop.h"
