// A recording as the beginning of a test script: the same machine, what was typed as m:type and
// m:key, and before each burst of keys the text that stood at the cursor as m:expect.
#pragma once

#include <atomic>
#include <iosfwd>
#include <string>

#include "emu/recording.h"

namespace emu {

// `machine` is the recording's, not run yet. Throws UsageError.
void record_to_lua(std::ostream& out, const std::string& name, const Recording& recording,
                   Machine& machine, const std::atomic<bool>& interrupted);

}  // namespace emu
