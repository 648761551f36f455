/* The address in rtsp://<IPv4 address>:<port>/… */
#pragma once

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdio.h>

static inline gboolean
rtsp_address (const char *url, struct sockaddr_in *address)
{
  char host[INET_ADDRSTRLEN];
  guint port = 554;

  *address = (struct sockaddr_in){ .sin_family = AF_INET };
  if (sscanf (url, "rtsp://%15[0-9.]:%u", host, &port) < 1)
    return FALSE;
  address->sin_port = htons ((guint16)port);
  return inet_pton (AF_INET, host, &address->sin_addr) == 1;
}
