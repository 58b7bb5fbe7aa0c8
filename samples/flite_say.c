/* Speaks lines of text with flite and says when each word was spoken.
 *
 * In:  id <TAB> voice <TAB> text            one utterance per line, on stdin
 * Out: samples, int16, back to back         in the file argv[1]
 *      id <TAB> rate <TAB> samples <TAB> start:end:word ... <TAB> start:end ...
 *                                           one line per utterance, on stdout
 *
 * Words are the text split at white space; the last field lists the pauses. Times are seconds
 * from the start of the utterance. make_samples.py compiles and runs this.
 */
#include <flite/flite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cst_voice *register_cmu_us_slt(const char *);
cst_voice *register_cmu_us_rms(const char *);
cst_voice *register_cmu_us_awb(const char *);

static const char *NAMES[] = {"slt", "rms", "awb"};
static cst_voice *voices[3];

static cst_voice *voice_named(const char *name)
{
    int i;
    for (i = 0; i < 3; i++)
        if (!strcmp(name, NAMES[i])) return voices[i];
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
    static char line[65536];
    FILE *raw = argc == 2 ? fopen(argv[1], "wb") : NULL;
    if (!raw) return 2;
    flite_init();
    voices[0] = register_cmu_us_slt(NULL);
    voices[1] = register_cmu_us_rms(NULL);
    voices[2] = register_cmu_us_awb(NULL);
    while (fgets(line, sizeof line, stdin)) {
        char *id = strtok(line, "\t"), *voice = strtok(NULL, "\t"), *text = strtok(NULL, "\n");
        cst_utterance *u = text ? flite_synth_text(text, voice_named(voice)) : NULL;
        cst_wave *w;
        if (!u) return 3;
        w = utt_wave(u);
        fwrite(w->samples, sizeof(short), w->num_samples, raw);
        printf("%s\t%d\t%d\t", id, w->sample_rate, w->num_samples);
        print_words(u);
        printf("\t");
        print_pauses(u);
        printf("\n");
        delete_utterance(u);
    }
    return fclose(raw) ? 4 : 0;
}
