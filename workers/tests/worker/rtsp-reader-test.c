/* What RTSP servers send, cut anywhere, and what only looks like RTSP. */
#include "rtsp-reader.h"

#include <string.h>

static void
on_packet (guint channel, const guint8 *bytes, gsize size, gpointer user_data)
{
  g_string_append_printf (user_data, "[%u:%" G_GSIZE_FORMAT "]", channel, size);
}

static void
on_message (GstRTSPMessage *message, gpointer user_data)
{
  guint8 *body = NULL;
  guint size = 0;

  gst_rtsp_message_get_body (message, &body, &size);
  g_string_append_printf (user_data, "<%u %" G_GINT64_FORMAT " %u>", rtsp_message_status (message),
                          rtsp_message_cseq (message), size);
  gst_rtsp_message_free (message);
}

static const RtspReaderFuncs funcs = { .packet = on_packet, .message = on_message };

static const char *
feed (RtspReader *reader, const char *bytes, gsize size)
{
  const char *problem = NULL;

  while (size > 0 && problem == NULL) {
    gsize space = 0;
    guint8 *to = rtsp_reader_space (reader, &space);
    gsize part = MIN (size, space);
    g_assert_cmpuint (space, >, 0);
    memcpy (to, bytes, part);
    problem = rtsp_reader_parse (reader, part);
    bytes += part;
    size -= part;
  }
  return problem;
}

/* What is seen of `bytes`, fed in one piece. */
static char *
seen_of (const char *bytes, gsize size)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (RtspReader) reader = rtsp_reader_new (&funcs, seen);
  const char *problem = feed (reader, bytes, size);

  if (problem != NULL)
    g_string_append (seen, "!");
  return g_strdup (seen->str);
}

#define ASSERT_SEEN(bytes, expected)                                                                                   \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    g_autofree char *seen = seen_of (bytes, sizeof (bytes) - 1);                                                       \
    g_assert_cmpstr (seen, ==, expected);                                                                              \
  }                                                                                                                    \
  G_STMT_END

static const char conversation[] = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\n"
                                   "$\0\0\6\x80\x60\0\1\0\1"
                                   "$\1\0\4\x80\xc8\0\0"
                                   "OPTIONS rtsp://host/ RTSP/1.0\r\nCSeq: 7\r\n\r\n"
                                   "$\0\0\0"
                                   "RTSP/1.0 454 Session Not Found\r\nCSeq: 2\r\n\r\n";
static const char conversation_seen[] = "<200 1 5>[0:6][1:4]<0 7 0>[0:0]<454 2 0>";

static void
test_conversation (void)
{
  ASSERT_SEEN (conversation, conversation_seen);
}

static void
test_any_cut (void)
{
  for (gsize cut = 1; cut < sizeof conversation - 1; cut++) {
    g_autoptr (GString) seen = g_string_new (NULL);
    g_autoptr (RtspReader) reader = rtsp_reader_new (&funcs, seen);
    g_assert_null (feed (reader, conversation, cut));
    g_assert_null (feed (reader, conversation + cut, sizeof conversation - 1 - cut));
    g_assert_cmpstr (seen->str, ==, conversation_seen);
  }
}

static void
test_line_ends (void)
{
  ASSERT_SEEN ("\r\n\r\nRTSP/1.0 200 OK\nCSeq: 3\n\n", "<200 3 0>");
  ASSERT_SEEN ("\nRTSP/1.0 200 OK\r\ncseq:4\r\nX: a\r\n b\r\n\r\n", "<200 4 0>");
  ASSERT_SEEN ("RTSP/1.0  404\r\nCSeq: 5\r\n\r\n", "<404 5 0>");
}

static void
test_junk_is_skipped (void)
{
  ASSERT_SEEN ("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n$\0\0\2\x80\1"
               "junk $\7\0 and $\0\0\2z more, $\0\377\377\200 too"
               "$\0\0\3\x80\2\3"
               "junk RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n",
               "<200 1 0>[0:2][0:3]<200 2 0>");
}

static void
test_no_rtsp (void)
{
  ASSERT_SEEN ("HTTP/1.1 400 Bad Request\r\n\r\n", "!");
  ASSERT_SEEN ("SSH-2.0-OpenSSH_9.2p1\r\n", "!");
  ASSERT_SEEN ("\x15\3\3\0\2\2\x46", "!");
}

static void
test_limits (void)
{
  g_autofree char *long_header = g_strnfill (20000, 'x');
  g_autofree char *message = g_strconcat ("RTSP/1.0 200 OK\r\nA: ", long_header, NULL);
  g_autofree char *header_seen = seen_of (message, strlen (message));
  g_assert_cmpstr (header_seen, ==, "!");

  ASSERT_SEEN ("RTSP/1.0 200 OK\r\nContent-Length: 1500000000\r\n\r\n", "!");
  ASSERT_SEEN ("RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", "!");

  const gsize size = 300000;
  g_autofree char *junk = g_malloc0 (size);
  static const char beginning[] = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n";
  memcpy (junk, beginning, strlen (beginning));
  g_autofree char *junk_seen = seen_of (junk, size);
  g_assert_cmpstr (junk_seen, ==, "<200 1 0>!");
}

/* Whatever comes, the reader ends with a verdict or asks for more; what it does with memory is the sanitizers' to say.
 */
static void
test_damaged_conversations (void)
{
  for (guint round = 0; round < 3000; round++) {
    g_autoptr (GString) seen = g_string_new (NULL);
    g_autoptr (RtspReader) reader = rtsp_reader_new (&funcs, seen);
    char bytes[sizeof conversation - 1];
    memcpy (bytes, conversation, sizeof bytes);
    for (gint flaws = g_test_rand_int_range (1, 8); flaws > 0; flaws--)
      bytes[g_test_rand_int_range (0, sizeof bytes)] = (char)g_test_rand_int ();
    for (gsize at = 0; at < sizeof bytes;) {
      gsize most = (gsize)g_test_rand_int_range (1, 40);
      gsize part = MIN (most, sizeof bytes - at);
      if (feed (reader, bytes + at, part) != NULL)
        break;
      at += part;
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtsp-reader/conversation", test_conversation);
  g_test_add_func ("/rtsp-reader/any-cut", test_any_cut);
  g_test_add_func ("/rtsp-reader/line-ends", test_line_ends);
  g_test_add_func ("/rtsp-reader/junk-is-skipped", test_junk_is_skipped);
  g_test_add_func ("/rtsp-reader/no-rtsp", test_no_rtsp);
  g_test_add_func ("/rtsp-reader/limits", test_limits);
  g_test_add_func ("/rtsp-reader/damaged-conversations", test_damaged_conversations);
  return g_test_run ();
}
