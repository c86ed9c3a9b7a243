// What the window remembers between runs: layout, look, volume, recent files. A small text file of
// ours under $XDG_STATE_HOME/platter; when it cannot be read or written, nothing is lost but the
// memory.
#pragma once

#include <filesystem>

#include "ui/panels.h"

namespace ui {

std::filesystem::path state_file_path();
void load_state(const std::filesystem::path& file, Workspace& work);
void save_state(const std::filesystem::path& file, const Workspace& work);

}  // namespace ui
