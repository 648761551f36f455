/* The headers of real cameras. */
#include "rtsp-message.h"

#include <string.h>

static GstRTSPMessage *
answer (const char *headers)
{
  g_autofree char *text = g_strconcat ("RTSP/1.0 200 OK\r\n", headers, "\r\n\r\n", NULL);
  GstRTSPMessage *message = rtsp_message_parse (text, strlen (text));

  g_assert_nonnull (message);
  return message;
}

static void
assert_session (const char *header, const char *id, guint timeout)
{
  g_autoptr (GstRTSPMessage) message = answer (header);
  guint got = 60;
  g_autofree char *session = rtsp_message_session (message, &got);

  g_assert_cmpstr (session, ==, id);
  g_assert_cmpuint (got, ==, timeout);
}

static void
test_session (void)
{
  assert_session ("Session: 12345678;timeout=30", "12345678", 30);
  assert_session ("Session:  ab-c ; Timeout = 30", "ab-c", 60);
  assert_session ("Session: x;timeout=0", "x", 60);
  assert_session ("Session: x", "x", 60);
  assert_session ("CSeq: 1", NULL, 60);
}

static void
assert_channel (const char *header, gint expected)
{
  g_autoptr (GstRTSPMessage) message = answer (header);
  guint channel = 99;

  g_assert_cmpint (rtsp_message_channel (message, &channel), ==, expected >= 0);
  g_assert_cmpint (channel, ==, expected >= 0 ? expected : 99);
}

static void
test_channel (void)
{
  assert_channel ("Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=1", 4);
  assert_channel ("transport: RTP/AVP/TCP; interleaved=2", 2);
  assert_channel ("Transport: RTP/AVP/TCP;unicast", -1);
  assert_channel ("Transport: RTP/AVP/TCP;interleaved=255-256", -1);
  assert_channel ("Transport: RTP/AVP/TCP;interleaved=-1", -1);
}

static void
assert_rtp_time (const char *header, const char *control, gint64 expected)
{
  g_autoptr (GstRTSPMessage) message = answer (header);
  guint32 rtp_time = 0;

  g_assert_cmpint (rtsp_message_rtp_time (message, control, &rtp_time), ==, expected >= 0);
  if (expected >= 0)
    g_assert_cmpint (rtp_time, ==, expected);
}

static void
test_rtp_info (void)
{
  const char *two = "RTP-Info: url=rtsp://h/a/track=0;seq=1;rtptime=4294967295, url=rtsp://h/a/track=1;seq=2;rtptime=5";

  assert_rtp_time (two, "track=0", 4294967295);
  assert_rtp_time (two, "rtsp://h/a/track=1", 5);
  assert_rtp_time (two, "track=2", -1);
  assert_rtp_time ("RTP-Info: url=trackID=1;seq=2;rtptime=6", "rtsp://h/a/trackID=1", 6);
  assert_rtp_time ("RTP-Info: url=rtsp://h/a/track=0;seq=1", "track=0", -1);
}

static void
assert_url (const char *base, const char *control, const char *expected)
{
  g_autofree char *url = rtsp_control_url (base, control);

  g_assert_cmpstr (url, ==, expected);
}

static void
test_control_urls (void)
{
  assert_url ("rtsp://h/a/", "track=1", "rtsp://h/a/track=1");
  assert_url ("rtsp://h/a", "/track=1", "rtsp://h/a/track=1");
  assert_url ("rtsp://h/a", "*", "rtsp://h/a");
  assert_url ("rtsp://h/a", NULL, "rtsp://h/a");
  assert_url ("rtsp://h/a", "rtsp://other/b", "rtsp://other/b");
  assert_url ("rtsp://h/live?channel=1&subtype=0", "trackID=0", "rtsp://h/live?channel=1&subtype=0/trackID=0");
}

static void
assert_base (const char *headers, const char *expected)
{
  g_autoptr (GstRTSPMessage) message = answer (headers);
  g_autofree char *base = rtsp_message_base (message, "rtsp://h/asked");

  g_assert_cmpstr (base, ==, expected);
}

static void
test_base (void)
{
  assert_base ("Content-Base: rtsp://h/base/\r\nContent-Location: rtsp://h/location", "rtsp://h/base/");
  assert_base ("Content-Location: rtsp://h/location", "rtsp://h/location");
  assert_base ("Content-Base: /", "rtsp://h/asked");
  assert_base ("CSeq: 1", "rtsp://h/asked");
}

static void
test_what_is_no_message (void)
{
  static const char *const texts[]
      = { "RTSP/1.0\r\n\r\n", "RTSP/1.0 OK\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "ANNOUNCE\r\n\r\n", "\r\n", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_null (rtsp_message_parse (texts[i], strlen (texts[i])));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtsp-message/session", test_session);
  g_test_add_func ("/rtsp-message/channel", test_channel);
  g_test_add_func ("/rtsp-message/rtp-info", test_rtp_info);
  g_test_add_func ("/rtsp-message/control-urls", test_control_urls);
  g_test_add_func ("/rtsp-message/base", test_base);
  g_test_add_func ("/rtsp-message/what-is-no-message", test_what_is_no_message);
  return g_test_run ();
}
