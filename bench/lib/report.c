/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/report.h"

#include <stdio.h>

void bench_report(const struct bench_figure *figure)
{
    printf("{\"name\":\"%s\",\"value\":%.4g,\"unit\":\"%s\"", figure->name,
           figure->value, figure->unit);
    if (figure->rival)
        printf(",\"rival\":\"%s\",\"rival_value\":%.4g", figure->rival,
               figure->rival_value);
    if (figure->ratio > 0)
        printf(",\"ratio\":%.3g", figure->ratio);
    if (figure->command)
        printf(",\"command\":\"%s\"", figure->command);
    puts("}");
    fflush(stdout);
}
