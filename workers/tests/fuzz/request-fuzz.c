/* The head of a request, from anyone: whatever the bytes, nothing is read beyond them, and what is found holds
 * together. With libFuzzer by `scripts/fuzz request`; as a test by replay.c. */

#include "request.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static void
check_accepted (const Request *request, size_t size)
{
  g_assert_cmpuint (request->head_length, >, 0);
  g_assert_cmpuint (request->head_length, <=, MIN (size, REQUEST_MAX_HEAD));
  g_assert_cmpuint (strlen (request->method), >, 0);
  g_assert_cmpuint (strlen (request->method), <=, REQUEST_MAX_METHOD);
  g_assert_cmpuint (strlen (request->path), <=, REQUEST_MAX_URL);
  g_assert_cmpuint (strspn (request->cseq, "0123456789"), ==, strlen (request->cseq));
  g_assert_cmpuint (strlen (request->cookie), <=, REQUEST_MAX_COOKIE);
  if (!request->any_path)
    g_assert_cmpint (request->path[0], ==, '/');
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  g_autofree char *exact = g_memdup2 (data, size);
  Request request, again;
  RequestResult result = request_parse (exact, size, &request);
  if (result == REQUEST_OK)
    check_accepted (&request, size);
  if (result == REQUEST_MALFORMED)
    g_assert_nonnull (request.reason);
  /* A verdict does not change with what follows, and comes at the end of the head at the latest. */
  if (result == REQUEST_OK)
    g_assert_cmpint (request_parse (exact, request.head_length, &again), ==, REQUEST_OK);
  if (size > REQUEST_MAX_HEAD)
    g_assert_cmpint (result, !=, REQUEST_INCOMPLETE);
  return 0;
}
