/* The table of mounts: which prefix counts, and how it follows spec.json. */

#include "routes.h"

#include "rig.h"

#include <glib/gstdio.h>
#include <unistd.h>

typedef struct
{
  char *former;
  char *directory;
  Routes *routes;
} Table;

static void
set_up (Table *table, gconstpointer data)
{
  table->former = g_get_current_dir ();
  table->directory = rig_directory ();
  g_assert_cmpint (chdir (table->directory), ==, 0);
  table->routes = routes_new ();
}

static void
tear_down (Table *table, gconstpointer data)
{
  routes_free (table->routes);
  g_assert_cmpint (chdir (table->former), ==, 0);
  rig_remove (table->directory);
  g_free (table->former);
}

static void
write_spec (Table *table, const char *text)
{
  rig_write (table->directory, "spec.json", text);
}

#define assert_route(table, path, bundle) g_assert_cmpstr (routes_find ((table)->routes, path, NULL), ==, bundle)

static void
test_prefixes (Table *table, gconstpointer data)
{
  write_spec (table, "{\"mounts\":{\"/a\":\"A\",\"/a/b/\":\"AB\"}}");
  assert_route (table, "/a", "A");
  assert_route (table, "/a/trackID=0", "A");
  assert_route (table, "/a/b", "AB");
  assert_route (table, "/a/b/stream=1", "AB");
  assert_route (table, "/a/bc", "A");
  assert_route (table, "/ab", NULL);
  assert_route (table, "/", NULL);
}

static void
test_root_mount (Table *table, gconstpointer data)
{
  write_spec (table, "{\"mounts\":{\"/\":\"ROOT\"}}");
  assert_route (table, "/", "ROOT");
  assert_route (table, "/typo", NULL);
}

static void
test_follows_the_spec (Table *table, gconstpointer data)
{
  assert_route (table, "/a", NULL);
  write_spec (table, "{\"mounts\":{\"/a\":\"A\"}}");
  assert_route (table, "/a", "A");
  write_spec (table, "{\"mounts\":{\"/a\":\"B\"}}"); /* of the same size */
  assert_route (table, "/a", "B");
  write_spec (table, "{\"mounts\":{}}");
  assert_route (table, "/a", NULL);
}

static void
test_keeps_the_old_table (Table *table, gconstpointer data)
{
  static const char *const broken[]
      = { "{", "", "[]", "{}", "{\"mounts\":[]}", "{\"mounts\":{\"/a\":5}}", "{\"mounts\":{\"a\":\"A\"}}" };
  write_spec (table, "{\"mounts\":{\"/a\":\"A\"}}");
  assert_route (table, "/a", "A");
  for (gsize i = 0; i < G_N_ELEMENTS (broken); i++) {
    write_spec (table, broken[i]);
    assert_route (table, "/a", "A");
  }
  g_assert_cmpint (g_unlink ("spec.json"), ==, 0);
  assert_route (table, "/a", "A");
  write_spec (table, "{\"mounts\":{\"/a\":\"B\"}}");
  assert_route (table, "/a", "B");
}

static void
test_cookies (Table *table, gconstpointer data)
{
  g_assert_null (routes_recall (table->routes, "one"));
  routes_remember (table->routes, "one", "A");
  routes_remember (table->routes, "one", "B");
  g_assert_cmpstr (routes_recall (table->routes, "one"), ==, "B");
  for (int i = 0; i < 1000; i++) {
    g_autofree char *cookie = g_strdup_printf ("%d", i);
    routes_remember (table->routes, cookie, "C");
  }
  g_assert_null (routes_recall (table->routes, "one"));
  g_assert_cmpstr (routes_recall (table->routes, "999"), ==, "C");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/routes/" name, Table, NULL, set_up, test, tear_down)
  ADD ("prefixes", test_prefixes);
  ADD ("root-mount", test_root_mount);
  ADD ("follows-the-spec", test_follows_the_spec);
  ADD ("keeps-the-old-table", test_keeps_the_old_table);
  ADD ("cookies", test_cookies);
  return g_test_run ();
}
