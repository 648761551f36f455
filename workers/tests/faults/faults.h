/* Disks that fail, fill, hang or are slow, and clocks that jump: calls of this process on files below one folder that
 * fail on order.
 *
 * A library for tests alone. A C test links it; a program under test gets it by LD_PRELOAD, with its orders in a file
 * that it maps: DSLRS_TEST_FAULTS names that file, DSLRS_TEST_FAULT_ROOT the folder. test/rig/faults.ts writes it. */
#pragma once

#include <stdint.h>

typedef enum
{
  FAULT_OPEN,
  FAULT_WRITE,
  FAULT_SYNC,
  FAULT_RENAME, /* links, too */
  FAULT_MKDIR,
  FAULT_TRUNCATE, /* and what reserves room */
  FAULT_OPS
} FaultOp;

/* Every member may be read and written at any time, from another process too. */
typedef struct
{
  int32_t op;         /* which calls: a FaultOp */
  int32_t nth;        /* from 1; 0: none */
  int32_t persistent; /* all from the nth on */
  int32_t error;      /* errno; 0: the call is made after all */
  int32_t delay_ms;   /* before that */
  int32_t hang;       /* before that, as long as this is not 0 */
  int32_t clock_s;    /* how much the clock on the wall is fast */
  int32_t fired;      /* calls that were concerned */
  int32_t counts[FAULT_OPS];
} Faults;

/* Folders are compared as the kernel names them: `root` has no symbolic links in it. NULL: no calls are concerned. */
void faults_set_root (const char *root);
Faults *faults_get (void);
/* Counts from 0 and takes nothing for a fault. */
void faults_reset (void);
/* The file with data in it that the last call was for that failed; empty: there was none. */
const char *faults_last_file (void);
