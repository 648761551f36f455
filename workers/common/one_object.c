#include "one_object.h"

#include <string.h>

/* Outside of strings JSON has only these, and the brackets, quotes and blanks handled below. */
static gboolean
is_plain (char c)
{
  return g_ascii_isalnum (c) || c == ',' || c == ':' || c == '+' || c == '-' || c == '.';
}

/* The closing quote of the string that begins at `quote`, or `end`. */
static const char *
skip_string (const char *quote, const char *end)
{
  for (const char *c = quote + 1; c < end; c++) {
    if (*c == '"')
      return c;
    if (*c == '\\')
      c++;
  }
  return end;
}

gboolean
one_object_check (const char *text, gsize length)
{
  if (!g_utf8_validate_len (text, length, NULL))
    return FALSE;

  const char *end = text + length;
  guint depth = 0;
  gboolean complete = FALSE;
  for (const char *c = text; c < end; c++) {
    if (strchr (" \t\r\n", *c) != NULL)
      continue;
    if (complete || (depth == 0 && *c != '{'))
      return FALSE;
    if (*c == '{' || *c == '[') {
      if (++depth > ONE_OBJECT_MAX_DEPTH)
        return FALSE;
    } else if (*c == '}' || *c == ']') {
      complete = --depth == 0;
    } else if (*c == '"') {
      c = skip_string (c, end);
      if (c >= end)
        return FALSE;
    } else if (!is_plain (*c)) {
      return FALSE;
    }
  }
  return complete;
}
