/* Speaks a text with flite and says when each word was spoken.
 *
 * say FILE VOICE TEXT     writes the samples (int16) to FILE and prints three lines:
 *     rate
 *     start:end:word ...  words are the text split at white space
 *     start:end ...       the pauses
 *
 * Times are seconds from the start. One text per process on purpose: flite's noise source goes on
 * from one utterance to the next, so that in a batch each would depend on those before it.
 * make_samples.py compiles and runs this.
 */
#include <flite/flite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cst_voice *register_cmu_us_slt(const char *);
cst_voice *register_cmu_us_rms(const char *);
cst_voice *register_cmu_us_awb(const char *);

static cst_voice *voice_named(const char *name)
{
    if (!strcmp(name, "slt")) return register_cmu_us_slt(NULL);
    if (!strcmp(name, "rms")) return register_cmu_us_rms(NULL);
    if (!strcmp(name, "awb")) return register_cmu_us_awb(NULL);
    fprintf(stderr, "no voice %s\n", name);
    exit(2);
}

/* A segment only knows its end; it starts where the one before it ends. */
static float start_of(const cst_item *segment)
{
    const cst_item *before = item_prev(segment);
    return before ? item_feat_float(before, "end") : 0.0f;
}

/* flite splits "it's" into two words of one token: the token is what people call a word. */
static void print_words(cst_utterance *u)
{
    const cst_item *token, *word, *syllable, *phone;
    for (token = relation_head(utt_relation(u, "Token")); token; token = item_next(token)) {
        float start = -1.0f, end = -1.0f;
        for (word = item_daughter(token); word; word = item_next(word))
            for (syllable = item_daughter(item_as(word, "SylStructure")); syllable; syllable = item_next(syllable))
                for (phone = item_daughter(syllable); phone; phone = item_next(phone)) {
                    const cst_item *segment = item_as(phone, "Segment");
                    if (start < 0) start = start_of(segment);
                    end = item_feat_float(segment, "end");
                }
        printf("%.3f:%.3f:%s ", start, end, item_feat_string(token, "name"));
    }
}

static void print_pauses(cst_utterance *u)
{
    const cst_item *s;
    for (s = relation_head(utt_relation(u, "Segment")); s; s = item_next(s))
        if (!strcmp(item_feat_string(s, "name"), "pau"))
            printf("%.3f:%.3f ", start_of(s), item_feat_float(s, "end"));
}

int main(int argc, char **argv)
{
    FILE *raw = argc == 4 ? fopen(argv[1], "wb") : NULL;
    cst_utterance *u;
    cst_wave *w;
    if (!raw) return 2;
    flite_init();
    u = flite_synth_text(argv[3], voice_named(argv[2]));
    if (!u) return 3;
    w = utt_wave(u);
    fwrite(w->samples, sizeof(short), w->num_samples, raw);
    printf("%d\n", w->sample_rate);
    print_words(u);
    printf("\n");
    print_pauses(u);
    printf("\n");
    return fclose(raw) ? 4 : 0;
}
