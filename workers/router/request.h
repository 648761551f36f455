/* Reads the head of the first request of a connection: a pure function over bytes from anyone. It wants to know only
 * what routing and a short answer need; whether the request makes sense is the worker's business. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a head may cost. A real one has some 200 bytes. */
#define REQUEST_MAX_METHOD 64
#define REQUEST_MAX_URL 2048
#define REQUEST_MAX_HEADERS 255
#define REQUEST_MAX_KEY 512
#define REQUEST_MAX_VALUE 2048
#define REQUEST_MAX_HEAD (16 * 1024)
#define REQUEST_MAX_COOKIE 128
#define REQUEST_MAX_CSEQ 10

typedef enum
{
  REQUEST_INCOMPLETE, /* the same bytes and more are needed */
  REQUEST_OK,
  REQUEST_MALFORMED, /* text, but no request: `reason` says why */
  REQUEST_GARBAGE    /* no text at all, as the first bytes of TLS: not worth an answer */
} RequestResult;

typedef enum
{
  REQUEST_RTSP,
  REQUEST_HTTP /* the two halves of an RTSP tunnel: GET and POST */
} RequestProtocol;

typedef struct
{
  RequestProtocol protocol; /* of a malformed one: as far as it could be told */
  char method[REQUEST_MAX_METHOD + 1];
  bool any_path;                       /* the URL is "*" */
  char path[REQUEST_MAX_URL + 1];      /* begins with a slash; decoded, without query and trailing slashes */
  char cseq[REQUEST_MAX_CSEQ + 1];     /* digits; "" if there is none */
  char cookie[REQUEST_MAX_COOKIE + 1]; /* x-sessioncookie; "" if there is none */
  bool has_body;                       /* a Content-Length other than 0 */
  size_t head_length;                  /* bytes up to and with the empty line */
  const char *reason;                  /* static; of a malformed request */
} Request;

RequestResult request_parse (const char *data, size_t length, Request *request);
