/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_WIDE_H
#define TREATY_SRC_BASE_WIDE_H

#include <stdint.h>

/* What two 64-bit words multiply to. Both compilers have it, C11 does not. */
__extension__ typedef unsigned __int128 treaty_u128;

#endif
