#include "ladder.h"

const char *
ladder_rung_name (LadderRung rung)
{
  switch (rung) {
  case LADDER_ALL:
    return "all";
  case LADDER_REFERENCE:
    return "reference";
  case LADDER_KEYFRAMES:
    return "keyframes";
  case LADDER_SKIPPING:
    return "skipping";
  }
  g_assert_not_reached ();
}
