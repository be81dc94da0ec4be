/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TREATY_H
#define TREATY_TREATY_H

/* All of libtreaty. */
#include <treaty/base.h>
#include <treaty/client.h>
#include <treaty/record.h>
#include <treaty/schema.h>
#include <treaty/scratch.h>
#include <treaty/serde.h>

#endif
