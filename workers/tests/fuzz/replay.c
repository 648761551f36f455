/* Runs a fuzz target without a fuzzer: every file of its corpus, then seeded mutations of them, so that the sanitizers
 * see it in every run of the tests. Usage: replay CORPUS MUTATIONS [SEED] */

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (20 * 1024)
#define MOST_EDITS 6

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static const char *const words[] = {
  " ",
  "\r\n",
  "\r\n\r\n",
  "\n",
  ":",
  "%00",
  "%",
  "%2f",
  "//",
  "?",
  "*",
  "rtsp://",
  "RTSP/1.0",
  "\t",
  "HTTP/1.1",
  "CSeq: 99999999999",
  "#",
  "@",
  "Content-Length: 4294967296",
  "x-sessioncookie: ",
  "$\x01",
  "\xff",
  "OPTIONS",
  "GET ",
};

static void
insert (GByteArray *bytes, GRand *random, const void *data, gsize length)
{
  guint at = g_rand_int_range (random, 0, (gint32)bytes->len + 1);
  guint tail = bytes->len - at;
  g_byte_array_append (bytes, data, (guint)length);
  memmove (bytes->data + at + length, bytes->data + at, tail);
  memcpy (bytes->data + at, data, length);
}

/* A part of another input, or a part of this one again. */
static void
splice (GByteArray *bytes, GRand *random, GBytes *other)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (other, &size);
  if (size == 0)
    return;
  guint from = g_rand_int_range (random, 0, (gint32)size);
  guint length = g_rand_int_range (random, 1, (gint32)(size - from) + 1);
  insert (bytes, random, data + from, length);
}

static void
edit (GByteArray *bytes, GRand *random, GPtrArray *corpus)
{
  GBytes *other = corpus->pdata[g_rand_int_range (random, 0, (gint32)corpus->len)];
  const char *word = words[g_rand_int_range (random, 0, G_N_ELEMENTS (words))];
  guint at = bytes->len > 0 ? g_rand_int_range (random, 0, (gint32)bytes->len) : 0;
  switch (g_rand_int_range (random, 0, 6)) {
  case 0:
    if (bytes->len > 0)
      bytes->data[at] = (guint8)g_rand_int (random);
    break;
  case 1:
    if (bytes->len > 0)
      bytes->data[at] ^= (guint8)(1 << g_rand_int_range (random, 0, 8));
    break;
  case 2:
    g_byte_array_set_size (bytes, at);
    break;
  case 3:
    if (bytes->len > 0)
      g_byte_array_remove_range (bytes, at, g_rand_int_range (random, 1, (gint32)(bytes->len - at) + 1));
    break;
  case 4:
    insert (bytes, random, word, strlen (word));
    break;
  default:
    splice (bytes, random, other);
    break;
  }
}

static void
mutate_and_run (GRand *random, GPtrArray *corpus)
{
  GBytes *parent = corpus->pdata[g_rand_int_range (random, 0, (gint32)corpus->len)];
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (parent, &size);
  g_byte_array_append (bytes, data, (guint)size);
  for (int edits = g_rand_int_range (random, 1, MOST_EDITS + 1); edits > 0; edits--)
    edit (bytes, random, corpus);
  LLVMFuzzerTestOneInput (bytes->data, MIN (bytes->len, MOST_BYTES));
}

static GPtrArray *
read_corpus (const char *folder)
{
  GPtrArray *corpus = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) directory = g_dir_open (folder, 0, &error);
  g_assert_no_error (error);
  const char *name;
  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    char *data;
    gsize size;
    g_assert_true (g_file_get_contents (path, &data, &size, NULL));
    g_ptr_array_add (corpus, g_bytes_new_take (data, size));
  }
  return corpus;
}

int
main (int argc, char **argv)
{
  g_assert_cmpint (argc, >=, 3);
  g_autoptr (GPtrArray) corpus = read_corpus (argv[1]);
  guint32 seed = argc > 3 ? (guint32)strtoul (argv[3], NULL, 10) : g_random_int ();
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_print ("%u inputs, %s mutations, seed %u\n", corpus->len, argv[2], seed);
  for (guint i = 0; i < corpus->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (corpus->pdata[i], &size);
    LLVMFuzzerTestOneInput (data, size);
  }
  for (long left = strtol (argv[2], NULL, 10); left > 0; left--)
    mutate_and_run (random, corpus);
  return EXIT_SUCCESS;
}
