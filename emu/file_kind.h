// What a file named without a drive is: a floppy by its size, else a hard disk.
#pragma once

#include <cstdint>
#include <string>

namespace emu {

enum class FileKind : std::uint8_t { floppy, hard_disk };

// A file that cannot be looked at counts as a hard disk: opening it says what is wrong.
FileKind kind_of_file(const std::string& path);

}  // namespace emu
