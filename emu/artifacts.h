// What a failed test leaves behind for whoever looks into it: screen, picture, transcript, events,
// registers and last code of each machine.
#pragma once

#include "emu/script_test.h"

namespace emu {

// Throws when a file cannot be written. Nothing when no artifacts are wanted.
void write_artifacts(TestContext& context);

}  // namespace emu
