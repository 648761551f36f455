#include "rtsp-failure.h"
#include "reporter.h"

#include <string.h>

gboolean
rtsp_failure_is (JsonNode *failure, const char *reason)
{
  return strcmp (json_object_get_string_member (json_node_get_object (failure), "reason"), reason) == 0;
}

JsonNode *
rtsp_failure_of_answer (GstRTSPMethod method, const GstRTSPMessage *answer)
{
  guint status = rtsp_message_status (answer);
  const char *phrase = answer->type_data.response.reason;
  JsonNode *failure = failure_new ("rtspStatus", "The camera answered %s with %u %s.", gst_rtsp_method_as_text (method),
                                   status, phrase != NULL ? phrase : "");

  json_object_set_int_member (json_node_get_object (failure), "code", status);
  return failure;
}

JsonNode *
rtsp_failure_instead_of_answer (GstRTSPMethod method, JsonNode *failure)
{
  if (!rtsp_failure_is (failure, "endOfStream"))
    return failure;
  json_node_unref (failure);
  return failure_new ("reset", "The camera closed the connection instead of answering %s.",
                      gst_rtsp_method_as_text (method));
}
