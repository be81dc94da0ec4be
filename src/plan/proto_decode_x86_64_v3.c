/* SPDX-License-Identifier: Apache-2.0 */
/* The decode loop for x86-64 with AVX2 and BMI2; compiled with both on. */
#define TREATY_LOOP treaty_proto_decode_x86_64_v3
#include "plan/proto_decode_loop.h"
