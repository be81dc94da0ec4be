/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/contract/sound.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

static bool objects(const struct treaty_comparison *outcome)
{
    return outcome->sound != outcome->compatible;
}

static void check_line(const struct corpus_line *line)
{
    sound_check_line(line, &treaty_format_avro, objects);
}

static void differs_only_where_it_says_why(void)
{
    sound_check_all(CORPUS "sound.test", CORPUS "pairs.jsonl", check_line);
}

TAP_MAIN({"differs only where it says why", differs_only_where_it_says_why})
