/* engines.h - the engines that only tests have, for the table in engine.c. */
#ifndef PS_TEST_ENGINES_H
#define PS_TEST_ENGINES_H

#include "engine/engine.h"

/* Takes every block and folds nothing: what is measured is the overhead of everything else. Counts are right. */
extern const ps_engine ps_engine_null;

/* Folds every block and then adds one to each sum. */
extern const ps_engine ps_engine_wrong;

#endif
