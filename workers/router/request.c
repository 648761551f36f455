#include "request.h"

#include <string.h>
#include <strings.h>

/* A part of the input; not terminated. */
typedef struct
{
  const char *start;
  size_t length;
} Text;

static RequestResult
malformed (Request *request, const char *reason)
{
  request->reason = reason;
  return REQUEST_MALFORMED;
}

static bool
is_upper (char c)
{
  return c >= 'A' && c <= 'Z';
}

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

static bool
is_visible (char c)
{
  return c > 0x20 && c < 0x7f;
}

static bool
equals (Text text, const char *word)
{
  return text.length == strlen (word) && strncasecmp (text.start, word, text.length) == 0;
}

static bool
begins_with (Text text, const char *word)
{
  return text.length >= strlen (word) && strncasecmp (text.start, word, strlen (word)) == 0;
}

static Text
skip (Text text, size_t count)
{
  return (Text){ text.start + count, text.length - count };
}

/* The part of `text` before `separator`, or all of it; `rest` is what follows the separator. */
static Text
split (Text text, char separator, Text *rest)
{
  const char *end = memchr (text.start, separator, text.length);
  size_t length = end != NULL ? (size_t)(end - text.start) : text.length;
  *rest = skip (text, end != NULL ? length + 1 : length);
  return (Text){ text.start, length };
}

static Text
trim (Text text)
{
  while (text.length > 0 && (text.start[0] == ' ' || text.start[0] == '\t'))
    text = skip (text, 1);
  while (text.length > 0 && (text.start[text.length - 1] == ' ' || text.start[text.length - 1] == '\t'))
    text.length--;
  return text;
}

/* `copy` has room for `text` and the end of a string. */
static void
copy_text (char *copy, Text text)
{
  memcpy (copy, text.start, text.length);
  copy[text.length] = '\0';
}

static bool
all (Text text, bool (*test) (char))
{
  for (size_t i = 0; i < text.length; i++) {
    if (!test (text.start[i]))
      return false;
  }
  return true;
}

static int
hex_digit (char c)
{
  if (is_digit (c))
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes %XX. False for a broken escape and for an escaped NUL. */
static bool
decode (Text text, char *decoded)
{
  size_t length = 0;
  for (size_t i = 0; i < text.length; i++) {
    char c = text.start[i];
    if (c == '%') {
      if (i + 2 >= text.length)
        return false;
      int high = hex_digit (text.start[i + 1]), low = hex_digit (text.start[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0))
        return false;
      c = (char)(high * 16 + low);
      i += 2;
    }
    decoded[length++] = c;
  }
  decoded[length] = '\0';
  return true;
}

/* What follows scheme and authority. An absolute path stays; anything else is no URL that could name a mount. */
static bool
find_path (Text url, Text *path)
{
  static const char *const schemes[] = { "rtsp://", "rtsps://", "rtspu://", "rtspt://", "http://", "https://" };
  *path = url;
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    if (!begins_with (url, schemes[i]))
      continue;
    *path = skip (url, strlen (schemes[i]));
    while (path->length > 0 && strchr ("/?#", path->start[0]) == NULL)
      *path = skip (*path, 1);
    return true;
  }
  return path->length > 0 && path->start[0] == '/';
}

static bool
parse_url (Text url, Request *request)
{
  request->any_path = equals (url, "*");
  Text path, rest;
  if (request->any_path)
    return true;
  if (!find_path (url, &path))
    return false;
  path = split (split (path, '#', &rest), '?', &rest);
  if (!decode (path, request->path))
    return false;
  size_t length = strlen (request->path);
  while (length > 0 && request->path[length - 1] == '/')
    request->path[--length] = '\0';
  if (length == 0)
    strcpy (request->path, "/");
  return true;
}

/* "RTSP/1.0" and the like. */
static bool
parse_version (Text version, Request *request)
{
  if (version.length != strlen ("RTSP/1.0") || !is_digit (version.start[5]) || version.start[6] != '.'
      || !is_digit (version.start[7]))
    return false;
  request->protocol = begins_with (version, "HTTP/") ? REQUEST_HTTP : REQUEST_RTSP;
  return request->protocol == REQUEST_HTTP || begins_with (version, "RTSP/");
}

static bool
is_method_letter (char c)
{
  return is_upper (c) || c == '_';
}

static RequestResult
parse_request_line (Text line, Request *request)
{
  Text rest, version;
  Text method = split (line, ' ', &rest);
  Text url = split (rest, ' ', &version);
  version = trim (version);
  if (method.length == 0 || method.length > REQUEST_MAX_METHOD || !all (method, is_method_letter))
    return malformed (request, "no RTSP method");
  copy_text (request->method, method);
  if (!parse_version (version, request))
    return malformed (request, "no RTSP version");
  if (url.length > REQUEST_MAX_URL)
    return malformed (request, "the URL is too long");
  if (!all (url, is_visible) || !parse_url (url, request))
    return malformed (request, "the URL is not valid");
  return REQUEST_OK;
}

static bool
take_header (Text key, Text value, Request *request)
{
  if (equals (key, "CSeq")) {
    if (value.length <= REQUEST_MAX_CSEQ && all (value, is_digit))
      copy_text (request->cseq, value);
  } else if (equals (key, "x-sessioncookie")) {
    if (value.length > REQUEST_MAX_COOKIE || !all (value, is_visible))
      return false;
    copy_text (request->cookie, value);
  } else if (equals (key, "Content-Length")) {
    request->has_body = !equals (value, "0");
  }
  return true;
}

static bool
is_header_text (char c)
{
  return c == '\t' || (unsigned char)c >= 0x20;
}

static RequestResult
parse_header (Text line, Request *request)
{
  Text value;
  Text key = trim (split (line, ':', &value));
  value = trim (value);
  if (key.length == 0 || key.length == line.length || line.start[0] == ' ' || line.start[0] == '\t')
    return malformed (request, "a header has no name");
  if (key.length > REQUEST_MAX_KEY || value.length > REQUEST_MAX_VALUE)
    return malformed (request, "a header is too long");
  if (!all (line, is_header_text) || !take_header (key, value, request))
    return malformed (request, "a header is not valid");
  return REQUEST_OK;
}

/* The request line is not complete: can it still become one? */
static RequestResult
judge_beginning (Text beginning, Request *request)
{
  Text rest;
  Text method = split (beginning, ' ', &rest);
  if (method.length > REQUEST_MAX_METHOD || !all (method, is_method_letter))
    return malformed (request, "no RTSP method");
  if (rest.length > REQUEST_MAX_URL + strlen (" RTSP/1.0\r"))
    return malformed (request, "the URL is too long");
  return REQUEST_INCOMPLETE;
}

/* Takes one line off `text`, which ends with a line feed, usually after a carriage return. */
static bool
next_line (Text *text, Text *line)
{
  if (memchr (text->start, '\n', text->length) == NULL)
    return false;
  *line = split (*text, '\n', text);
  if (line->length > 0 && line->start[line->length - 1] == '\r')
    line->length--;
  return true;
}

RequestResult
request_parse (const char *data, size_t length, Request *request)
{
  *request = (Request){ .protocol = REQUEST_RTSP };
  if (length == 0)
    return REQUEST_INCOMPLETE;
  if (!is_visible (data[0]) && data[0] != '\r' && data[0] != '\n')
    return REQUEST_GARBAGE;

  Text rest = { data, length };
  Text line;
  if (!next_line (&rest, &line))
    return judge_beginning (rest, request);
  RequestResult result = parse_request_line (line, request);

  size_t headers = 0;
  while (result == REQUEST_OK && next_line (&rest, &line)) {
    request->head_length = length - rest.length;
    if (request->head_length > REQUEST_MAX_HEAD)
      break;
    if (line.length == 0)
      return REQUEST_OK;
    if (++headers > REQUEST_MAX_HEADERS)
      return malformed (request, "too many headers");
    result = parse_header (line, request);
  }
  if (result != REQUEST_OK)
    return result;
  return length >= REQUEST_MAX_HEAD ? malformed (request, "the headers are too long") : REQUEST_INCOMPLETE;
}
