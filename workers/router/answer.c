#include "answer.h"

#include <string.h>

static char *
status_line (const Request *request, AnswerStatus status, const char *sentence)
{
  gboolean is_http = request->protocol == REQUEST_HTTP;
  switch (status) {
  case ANSWER_BAD_REQUEST:
    return g_strdup ("400 Bad Request");
  case ANSWER_NOT_FOUND:
    return g_strconcat ("404 ", is_http ? "Not Found" : sentence, NULL);
  case ANSWER_NOT_ENOUGH_BANDWIDTH:
    return is_http ? g_strdup ("503 Service Unavailable") : g_strconcat ("453 ", sentence, NULL);
  case ANSWER_UNAVAILABLE:
    return g_strconcat ("503 ", is_http ? "Service Unavailable" : sentence, NULL);
  }
  g_return_val_if_reached (NULL);
}

static void
append_cseq (GString *text, const Request *request)
{
  if (request->cseq[0] != '\0')
    g_string_append_printf (text, "CSeq: %s\r\n", request->cseq);
}

char *
answer_refusal (const Request *request, AnswerStatus status, const char *sentence)
{
  GString *text = g_string_new (request->protocol == REQUEST_HTTP ? "HTTP/1.0 " : "RTSP/1.0 ");
  g_autofree char *line = status_line (request, status, sentence);
  g_string_append_printf (text, "%s\r\n", line);
  append_cseq (text, request);
  if (status == ANSWER_UNAVAILABLE)
    g_string_append (text, "Retry-After: 1\r\n");
  g_string_append_printf (text,
                          "Server: dslrs\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                          "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s\n",
                          strlen (sentence) + 1, sentence);
  return g_string_free (text, FALSE);
}

char *
answer_options (const Request *request)
{
  GString *text = g_string_new ("RTSP/1.0 200 OK\r\n");
  append_cseq (text, request);
  g_string_append (text, "Server: dslrs\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, "
                         "SET_PARAMETER\r\n\r\n");
  return g_string_free (text, FALSE);
}
