// t:machine{...}: a Lua table with the keys of a machine file, as a Config.
#pragma once

#include <lua.hpp>

#include "emu/config.h"

namespace emu {

// The table at `index`. Unknown keys are refused with the nearest known one. Throws UsageError.
// `usual` holds what the table does not say.
Config config_from_table(lua_State* lua, int index, const Config& usual);

}  // namespace emu
