/* Descriptors between processes, and what a careless or hostile peer may send instead. */

#include "fdpass.h"

#include "rig.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  int ends[2];
  guint descriptors;
} Pair;

static void
set_up (Pair *pair, gconstpointer data)
{
  pair->descriptors = rig_count_descriptors ();
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair->ends), ==, 0);
}

static void
tear_down (Pair *pair, gconstpointer data)
{
  close (pair->ends[0]);
  if (pair->ends[1] >= 0)
    close (pair->ends[1]);
  g_assert_cmpuint (rig_count_descriptors (), ==, pair->descriptors);
}

static void
assert_not_received (Pair *pair, GIOErrorEnum code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  g_assert_cmpint (fdpass_receive (pair->ends[0], &line, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, (gint)code);
  g_assert_null (line);
}

static void
test_passes (Pair *pair, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  int pipe_ends[2];
  char byte = 0;
  g_assert_cmpint (pipe2 (pipe_ends, O_CLOEXEC), ==, 0);
  g_assert_true (fdpass_send (pair->ends[1], pipe_ends[1], "{\"port\":1}", &error));
  close (pipe_ends[1]);

  int received = fdpass_receive (pair->ends[0], &line, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "{\"port\":1}");
  g_assert_true (fcntl (received, F_GETFD) & FD_CLOEXEC);
  g_assert_cmpint (write (received, "x", 1), ==, 1);
  g_assert_cmpint (read (pipe_ends[0], &byte, 1), ==, 1);
  close (received);
  close (pipe_ends[0]);
}

static void
test_would_block (Pair *pair, gconstpointer data)
{
  assert_not_received (pair, G_IO_ERROR_WOULD_BLOCK);
}

static void
test_closed (Pair *pair, gconstpointer data)
{
  close (pair->ends[1]);
  pair->ends[1] = -1;
  assert_not_received (pair, G_IO_ERROR_CLOSED);
}

static void
test_no_descriptor (Pair *pair, gconstpointer data)
{
  rig_send (pair->ends[1], "{}\n");
  assert_not_received (pair, G_IO_ERROR_INVALID_DATA);
}

/* Sends `text` with `count` descriptors. */
static void
send_raw (int socket, const char *text, guint count)
{
  char control[CMSG_SPACE (16 * sizeof (int))] = { 0 };
  struct iovec part = { (char *)text, strlen (text) };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control };
  message.msg_controllen = CMSG_SPACE (count * sizeof (int));
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (count * sizeof (int));
  for (guint i = 0; i < count; i++)
    ((int *)CMSG_DATA (header))[i] = STDIN_FILENO;
  g_assert_cmpint (sendmsg (socket, &message, 0), ==, strlen (text));
}

/* None of them may stay open: tear_down() counts. */
static void
test_too_many_descriptors (Pair *pair, gconstpointer data)
{
  send_raw (pair->ends[1], "{}\n", 2);
  assert_not_received (pair, G_IO_ERROR_INVALID_DATA);
  send_raw (pair->ends[1], "{}\n", 16);
  assert_not_received (pair, G_IO_ERROR_INVALID_DATA);
}

static void
test_no_whole_line (Pair *pair, gconstpointer data)
{
  send_raw (pair->ends[1], "{}", 1);
  assert_not_received (pair, G_IO_ERROR_INVALID_DATA);
  g_autofree char *endless = g_strnfill (FDPASS_MAX_LINE, 'x');
  send_raw (pair->ends[1], endless, 1);
  assert_not_received (pair, G_IO_ERROR_INVALID_DATA);
}

static void
test_refuses_to_send_a_long_line (Pair *pair, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_strnfill (FDPASS_MAX_LINE, 'x');
  g_assert_false (fdpass_send (pair->ends[1], STDIN_FILENO, line, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/fdpass/" name, Pair, NULL, set_up, test, tear_down)
  ADD ("passes", test_passes);
  ADD ("would-block", test_would_block);
  ADD ("closed", test_closed);
  ADD ("no-descriptor", test_no_descriptor);
  ADD ("too-many-descriptors", test_too_many_descriptors);
  ADD ("no-whole-line", test_no_whole_line);
  ADD ("refuses-to-send-a-long-line", test_refuses_to_send_a_long_line);
  return g_test_run ();
}
