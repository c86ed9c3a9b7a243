// `run --wav F`: what the speaker plays, from the machine's present time on, as RIFF: PCM, mono,
// 16 bits, 48 kHz; as long as the guest's time, silence included. Written as it comes; the lengths
// in the header are put right at the end, and say "to the end of the file" until then, as they do
// in files beyond 4 GiB (12 hours) and in pipes.
//
// [RIFF]  IBM and Microsoft, Multimedia Programming Interface and Data Specifications 1.0, "WAVE"
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "emu/machine.h"

namespace emu {

class WavFile {
 public:
  // Throws UsageError when the file cannot be made. `machine` must outlive this.
  WavFile(const std::string& file, Machine& machine);
  ~WavFile();
  WavFile(const WavFile&) = delete;
  WavFile& operator=(const WavFile&) = delete;

  // Ends the file. False: it could not be written.
  bool finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void write(std::span<const std::int16_t> samples);
  void write_header(std::uint64_t data_bytes);

  Machine& machine_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t samples_ = 0;
  bool failed_ = false;
};

}  // namespace emu
