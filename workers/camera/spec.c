#include "spec.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

static void
mount_spec_free (MountSpec *mount)
{
  g_free (mount->path);
  g_free (mount->name);
  g_free (mount->user);
  g_free (mount->password);
  g_free (mount->file);
  g_free (mount);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MountSpec, mount_spec_free)

void
spec_free (Spec *spec)
{
  g_free (spec->listen);
  g_ptr_array_unref (spec->mounts);
  g_free (spec);
}

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error, g_error_new_valist (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, format, arguments));
  va_end (arguments);
  return FALSE;
}

static gboolean
check_members (JsonObject *object, const char *const *known, GError **error)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *l = members; l != NULL; l = l->next)
    if (!g_strv_contains (known, l->data))
      return fail (error, "unknown member \"%s\"", (const char *)l->data);
  return TRUE;
}

/* The readers below leave `value` as it is where the member is not there. */

static gboolean
read_string (JsonObject *object, const char *member, char **value, GError **error)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL)
    return TRUE;
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return fail (error, "\"%s\" must be a string", member);
  g_free (*value);
  *value = json_node_dup_string (node);
  return TRUE;
}

static gboolean
read_number (JsonObject *object, const char *member, double least, double most, double *value, GError **error)
{
  JsonNode *node = json_object_get_member (object, member);
  GType type;

  if (node == NULL)
    return TRUE;
  type = json_node_get_value_type (node);
  if ((type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) || json_node_get_double (node) < least
      || json_node_get_double (node) > most)
    return fail (error, "\"%s\" must be a number from %g to %g", member, least, most);
  *value = json_node_get_double (node);
  return TRUE;
}

static gboolean
read_int (JsonObject *object, const char *member, int least, int most, int *value, GError **error)
{
  double number = *value;

  if (!read_number (object, member, least, most, &number, error))
    return FALSE;
  *value = (int)number;
  return TRUE;
}

static gboolean
read_pattern_name (JsonObject *source, int *value, GError **error)
{
  g_autofree char *name = g_strdup ("smpte");
  g_autoptr (GstElement) element = gst_element_factory_make ("videotestsrc", NULL);
  GParamSpec *property;
  GEnumValue *found;

  if (!read_string (source, "pattern", &name, error))
    return FALSE;
  if (element == NULL)
    return fail (error, "GStreamer's videotestsrc is missing");
  property = g_object_class_find_property (G_OBJECT_GET_CLASS (element), "pattern");
  found = g_enum_get_value_by_nick (G_PARAM_SPEC_ENUM (property)->enum_class, name);
  if (found == NULL)
    return fail (error, "\"pattern\": there is no \"%s\"", name);
  *value = found->value;
  return TRUE;
}

static gboolean
read_codec (JsonObject *source, const char *member, gboolean video, const Codec **codec, GError **error)
{
  g_autofree char *encoding = NULL;

  if (!read_string (source, member, &encoding, error))
    return FALSE;
  if (encoding == NULL)
    return TRUE;
  *codec = codec_for_encoding (encoding);
  if (*codec == NULL || (*codec)->video != video)
    return fail (error, "\"%s\": \"%s\" is no %s encoding known here", member, encoding, video ? "video" : "audio");
  return TRUE;
}

/* `audio` is false, true (AAC) or the name of an encoding. */
static gboolean
read_audio (JsonObject *source, const Codec **codec, GError **error)
{
  JsonNode *node = json_object_get_member (source, "audio");

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return read_codec (source, "audio", FALSE, codec, error);
  *codec = json_node_get_boolean (node) ? codec_for_encoding ("aac") : NULL;
  return TRUE;
}

gboolean
spec_read_format (JsonObject *order, PatternSpec *pattern, GError **error)
{
  double before = (double)pattern->fps_n / pattern->fps_d;
  double fps = before;

  if (!read_int (order, "width", 64, 4096, &pattern->width, error)
      || !read_int (order, "height", 64, 4096, &pattern->height, error)
      || !read_number (order, "fps", 1, 120, &fps, error)
      || !read_codec (order, "encoding", TRUE, &pattern->video, error))
    return FALSE;
  if (pattern->width % 2 != 0 || pattern->height % 2 != 0)
    return fail (error, "\"width\" and \"height\" must be even: the picture is 4:2:0");
  pattern->gop = MAX (1, (int)(pattern->gop * fps / before + 0.5));
  gst_util_double_to_fraction (fps, &pattern->fps_n, &pattern->fps_d);
  return TRUE;
}

static gboolean
read_pattern (JsonObject *source, PatternSpec *pattern, GError **error)
{
  static const char *const members[]
      = { "kind", "pattern", "width", "height", "fps", "bitrate", "gop", "encoding", "audio", NULL };

  *pattern = (PatternSpec){ .width = 1280,
                            .height = 720,
                            .fps_n = 25,
                            .fps_d = 1,
                            .gop = 25,
                            .bitrate = 2000000,
                            .video = codec_for_encoding ("h264") };
  if (!check_members (source, members, error) || !read_pattern_name (source, &pattern->pattern, error)
      || !spec_read_format (source, pattern, error)
      || !read_int (source, "bitrate", 10000, 100000000, &pattern->bitrate, error)
      || !read_audio (source, &pattern->audio, error))
    return FALSE;
  return read_int (source, "gop", 1, 10000, &pattern->gop, error);
}

static gboolean
read_file (JsonObject *source, char **file, GError **error)
{
  static const char *const members[] = { "kind", "path", NULL };

  if (!check_members (source, members, error) || !read_string (source, "path", file, error))
    return FALSE;
  if (*file == NULL || !g_path_is_absolute (*file))
    return fail (error, "\"path\" of a file source must be an absolute path");
  return TRUE;
}

static gboolean
read_source (JsonObject *object, MountSpec *mount, GError **error)
{
  JsonNode *node = json_object_get_member (object, "source");
  g_autofree char *kind = NULL;
  JsonObject *source;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "\"source\" must be an object");
  source = json_node_get_object (node);
  if (!read_string (source, "kind", &kind, error))
    return FALSE;
  if (g_strcmp0 (kind, "pattern") == 0) {
    mount->kind = SOURCE_PATTERN;
    return read_pattern (source, &mount->pattern, error);
  }
  if (g_strcmp0 (kind, "file") == 0) {
    mount->kind = SOURCE_FILE;
    return read_file (source, &mount->file, error);
  }
  return fail (error, "\"kind\" of a source must be \"pattern\" or \"file\"");
}

static gboolean
read_auth_scheme (const char *name, AuthScheme *scheme, GError **error)
{
  static const char *const names[] = { "digest", "digest-sha256", "basic", NULL }; /* as in AuthScheme */

  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_equal (name, names[i])) {
      *scheme = (AuthScheme)i;
      return TRUE;
    }
  return fail (error, "\"auth\" must be \"digest\", \"digest-sha256\" or \"basic\"");
}

static gboolean
read_credentials (JsonObject *object, MountSpec *mount, GError **error)
{
  g_autofree char *auth = g_strdup ("digest");

  if (!read_string (object, "user", &mount->user, error) || !read_string (object, "password", &mount->password, error)
      || !read_string (object, "auth", &auth, error))
    return FALSE;
  if ((mount->user == NULL) != (mount->password == NULL))
    return fail (error, "\"user\" and \"password\" go together");
  return read_auth_scheme (auth, &mount->auth, error);
}

static MountSpec *
read_mount (JsonNode *node, GError **error)
{
  static const char *const members[] = { "path", "name", "source", "user", "password", "auth", NULL };
  g_autoptr (MountSpec) mount = g_new0 (MountSpec, 1);
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    fail (error, "must be an object");
    return NULL;
  }
  object = json_node_get_object (node);
  if (!check_members (object, members, error) || !read_string (object, "path", &mount->path, error)
      || !read_string (object, "name", &mount->name, error) || !read_credentials (object, mount, error))
    return NULL;
  if (mount->path == NULL || mount->path[0] != '/' || g_str_has_suffix (mount->path, "/")) {
    fail (error, "\"path\" must begin with a slash and not end with one");
    return NULL;
  }
  if (mount->name == NULL)
    mount->name = g_strdup (mount->path + 1);
  return read_source (object, mount, error) ? g_steal_pointer (&mount) : NULL;
}

static gboolean
read_mounts (JsonObject *object, Spec *spec, GError **error)
{
  JsonNode *node = json_object_get_member (object, "mounts");
  g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node) || json_array_get_length (json_node_get_array (node)) == 0)
    return fail (error, "\"mounts\" must be an array with at least one mount");
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    MountSpec *mount = read_mount (json_array_get_element (array, i), error);

    if (mount == NULL) {
      g_prefix_error (error, "mount %u: ", i);
      return FALSE;
    }
    g_ptr_array_add (spec->mounts, mount);
    if (!g_hash_table_add (paths, mount->path))
      return fail (error, "mount %u: \"%s\" is there twice", i, mount->path);
  }
  return TRUE;
}

Spec *
spec_load (const char *path, GError **error)
{
  static const char *const members[] = { "listen", "port", "mounts", NULL };
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (Spec) spec = g_new0 (Spec, 1);
  JsonObject *object;

  spec->listen = g_strdup ("127.0.0.1");
  spec->mounts = g_ptr_array_new_with_free_func ((GDestroyNotify)mount_spec_free);
  if (!json_parser_load_from_file (parser, path, error))
    return NULL;
  if (json_parser_get_root (parser) == NULL || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser))) {
    fail (error, "%s: must be a JSON object", path);
    return NULL;
  }
  object = json_node_get_object (json_parser_get_root (parser));
  if (check_members (object, members, error) && read_string (object, "listen", &spec->listen, error)
      && read_int (object, "port", 0, 65535, &spec->port, error) && read_mounts (object, spec, error))
    return g_steal_pointer (&spec);
  g_prefix_error (error, "%s: ", path);
  return NULL;
}
