/* SPDX-License-Identifier: Apache-2.0 */
/* The decode loop for any machine. */
#define TREATY_LOOP treaty_decode_portable
#include "plan/decode_loop.h"
