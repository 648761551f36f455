/* What the fragments of a picture become on their way to the depayloader. */
#include "rtp-packet.h"

#include <string.h>

#define HEADER "\x80\x60\0\1\0\0\0\1\0\0\0\2"
#define MARKED "\x80\xe0\0\2\0\0\0\1\0\0\0\2"

typedef struct
{
  const guint8 *bytes;
  gsize size;
} Bytes;

#define BYTES(text) ((Bytes){ (const guint8 *)(text), sizeof (text) - 1 })

/* Exactly as long as it is, so that a sanitizer sees what is read behind it. */
static gboolean
append (RtpPacket *self, RtpFragments way, Bytes more)
{
  g_autofree guint8 *exact = g_memdup2 (more.bytes, more.size);

  return rtp_packet_append (self, way, exact, more.size);
}

static RtpPacket
packet_of (Bytes bytes)
{
  g_autofree guint8 *exact = g_memdup2 (bytes.bytes, bytes.size);

  return rtp_packet_new (exact, bytes.size, 7, 1000);
}

static void
assert_holds (RtpPacket *self, Bytes expected)
{
  g_autoptr (GstBuffer) buffer = rtp_packet_to_buffer (self);

  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, expected.bytes, expected.size), ==, 0);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, expected.size);
}

static void
test_joins_h264 (void)
{
  RtpPacket packet = packet_of (BYTES (HEADER "\x7c\x85one"));

  g_assert_true (append (&packet, RTP_FRAGMENTS_H264, BYTES ("\x80\x60\0\2\0\0\0\1\0\0\0\2\x7c\x05two")));
  g_assert_true (append (&packet, RTP_FRAGMENTS_H264, BYTES ("\x80\xe0\0\3\0\0\0\1\0\0\0\2\x7c\x45!")));
  /* The unit is whole. */
  g_assert_false (append (&packet, RTP_FRAGMENTS_H264, BYTES ("\x80\xe0\0\4\0\0\0\1\0\0\0\2\x7c\x45!")));
  assert_holds (&packet, BYTES ("\x80\xe0\0\7\0\0\0\1\0\0\0\2\x7c\xc5onetwo!"));
}

static void
test_joins_h265 (void)
{
  RtpPacket packet = packet_of (BYTES (HEADER "\x62\x01\x93one"));

  g_assert_true (append (&packet, RTP_FRAGMENTS_H265, BYTES (MARKED "\x62\x01\x53two")));
  assert_holds (&packet, BYTES ("\x80\xe0\0\7\0\0\0\1\0\0\0\2\x62\x01\xd3onetwo"));
}

/* The end of a unit whose beginning came with what was read before. */
static void
test_joins_the_rest (void)
{
  RtpPacket packet = packet_of (BYTES (HEADER "\x7c\x05two"));

  g_assert_true (append (&packet, RTP_FRAGMENTS_H264, BYTES (MARKED "\x7c\x45!")));
  assert_holds (&packet, BYTES ("\x80\xe0\0\7\0\0\0\1\0\0\0\2\x7c\x45two!"));
}

static void
test_large (void)
{
  guint8 fragment[1400] = HEADER "\x7c\x05";
  RtpPacket packet = packet_of (BYTES ("\x80\x60\xff\xf0\0\0\0\1\0\0\0\2\x7c\x85x"));

  for (guint16 i = 0; i < 100; i++) {
    guint16 sequence = (guint16)(0xfff1 + i);
    fragment[2] = (guint8)(sequence >> 8);
    fragment[3] = (guint8)sequence;
    fragment[sizeof fragment - 1] = (guint8)i;
    g_assert_true (append (&packet, RTP_FRAGMENTS_H264, (Bytes){ fragment, sizeof fragment }));
  }
  g_autoptr (GstBuffer) buffer = rtp_packet_to_buffer (&packet);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 15 + 100 * (sizeof fragment - 14));
  for (guint8 i = 0; i < 100; i++)
    g_assert_cmpint (gst_buffer_memcmp (buffer, 14 + (i + 1u) * (sizeof fragment - 14), &i, 1), ==, 0);
}

static void
test_keeps_apart (void)
{
  static const struct
  {
    RtpFragments way;
    Bytes bytes;
  } others[] = {
    { RTP_FRAGMENTS_H264, BYTES ("\x80\x60\0\3\0\0\0\1\0\0\0\2\x7c\x45!") },             /* one is missing */
    { RTP_FRAGMENTS_H264, BYTES ("\x80\x60\0\2\0\0\0\3\0\0\0\2\x7c\x45!") },             /* another time */
    { RTP_FRAGMENTS_H264, BYTES ("\x80\x60\0\2\0\0\0\1\0\0\0\3\x7c\x45!") },             /* another sender */
    { RTP_FRAGMENTS_H264, BYTES (MARKED "\x7c\xc5!") },                                  /* another beginning */
    { RTP_FRAGMENTS_H264, BYTES (MARKED "\x7c\x41!") },                                  /* of another unit */
    { RTP_FRAGMENTS_H264, BYTES (MARKED "\x65\x05!") },                                  /* no fragment */
    { RTP_FRAGMENTS_H264, BYTES (MARKED "\x7c\x45") },                                   /* nothing in it */
    { RTP_FRAGMENTS_H264, BYTES (MARKED "") },                                           /* nothing at all */
    { RTP_FRAGMENTS_H264, BYTES ("\xa0\x60\0\2\0\0\0\1\0\0\0\2\x7c\x45!\1") },           /* padding */
    { RTP_FRAGMENTS_H264, BYTES ("\x90\x60\0\2\0\0\0\1\0\0\0\2\xbe\xde\0\0\x7c\x45!") }, /* an extension */
    { RTP_FRAGMENTS_UNKNOWN, BYTES (MARKED "\x7c\x45!") },
    { RTP_FRAGMENTS_H265, BYTES (MARKED "\x7c\x45!") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    RtpPacket packet = packet_of (BYTES (HEADER "\x7c\x85one"));
    g_assert_false (append (&packet, others[i].way, others[i].bytes));
    assert_holds (&packet, BYTES ("\x80\x60\0\7\0\0\0\1\0\0\0\2\x7c\x85one"));
  }
}

static void
test_ways (void)
{
  static const struct
  {
    const char *caps;
    RtpFragments way;
  } media[] = {
    { "application/x-rtp,encoding-name=H264", RTP_FRAGMENTS_H264 },
    { "application/x-rtp,encoding-name=H265", RTP_FRAGMENTS_H265 },
    { "application/x-rtp,encoding-name=JPEG", RTP_FRAGMENTS_UNKNOWN },
    { "application/x-rtp", RTP_FRAGMENTS_UNKNOWN },
  };

  for (guint i = 0; i < G_N_ELEMENTS (media); i++) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (media[i].caps);
    g_assert_cmpint (rtp_fragments_of (caps), ==, media[i].way);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp-packet/joins-h264", test_joins_h264);
  g_test_add_func ("/rtp-packet/joins-h265", test_joins_h265);
  g_test_add_func ("/rtp-packet/joins-the-rest", test_joins_the_rest);
  g_test_add_func ("/rtp-packet/large", test_large);
  g_test_add_func ("/rtp-packet/keeps-apart", test_keeps_apart);
  g_test_add_func ("/rtp-packet/ways", test_ways);
  return g_test_run ();
}
