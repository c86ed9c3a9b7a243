// Where a guest's output port ends on the host: standard output or a file. Serial lines, the
// printer and the debug console share it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace emu {

class HostSink {
 public:
  // "stdio", "file:PATH" or PATH. Throws std::system_error naming the file.
  explicit HostSink(const std::string& where);

  void put(std::uint8_t byte);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;  // null: standard output
};

}  // namespace emu
