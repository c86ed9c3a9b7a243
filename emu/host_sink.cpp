#include "emu/host_sink.h"

#include <cerrno>
#include <system_error>

namespace emu {

HostSink::HostSink(const std::string& where) {
  if (where == "stdio") return;
  const std::string prefix = "file:";
  const std::string path = where.starts_with(prefix) ? where.substr(prefix.size()) : where;
  file_.reset(std::fopen(path.c_str(), "wb"));
  if (!file_) throw std::system_error(errno, std::generic_category(), path);
}

// Whole lines at a time: a reader that follows the output sees them as they end, and a chatty guest
// does not cost a system call a character.
void HostSink::put(std::uint8_t byte) {
  std::FILE* out = file_ ? file_.get() : stdout;
  std::fputc(byte, out);
  if (byte == '\n') std::fflush(out);
}

}  // namespace emu
