/* SPDX-License-Identifier: Apache-2.0 */
/* The encode loop for any machine. */
#define TREATY_LOOP treaty_encode_portable
#include "plan/encode_loop.h"
