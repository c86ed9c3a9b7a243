#include "emu/wav_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "emu/run_options.h"
#include "storage/image_error.h"

namespace emu {

namespace {

constexpr std::uint32_t kUnknown = 0xFFFFFFFF;
constexpr std::uint32_t kSampleBytes = 2;
constexpr std::uint32_t kHeaderBytes = 44;
constexpr std::uint32_t kRiffBytes = kHeaderBytes - 8;  // of them, those that the RIFF chunk counts

void put(std::vector<std::uint8_t>& out, std::uint32_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}
void put(std::vector<std::uint8_t>& out, std::string_view name) {
  out.insert(out.end(), name.begin(), name.end());
}

}  // namespace

WavFile::WavFile(const std::string& file, Machine& machine)
    : machine_(machine), file_(std::fopen(file.c_str(), "wb")) {
  if (!file_) throw UsageError("wav '" + file + "': " + storage::host_error_text(errno));
  write_header(kUnknown);
  machine_.listen_speaker(devices::SampleSink::to<&WavFile::write>(*this));
}

WavFile::~WavFile() {
  machine_.listen_speaker({});
}

void WavFile::write(std::span<const std::int16_t> samples) {
  std::array<std::uint8_t, 1024> bytes;
  while (!samples.empty()) {
    const auto part = samples.first(std::min(samples.size(), bytes.size() / kSampleBytes));
    samples = samples.subspan(part.size());
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto value = static_cast<std::uint16_t>(part[i]);
      bytes[2 * i] = static_cast<std::uint8_t>(value);
      bytes[2 * i + 1] = static_cast<std::uint8_t>(value >> 8);
    }
    const std::size_t size = part.size() * kSampleBytes;
    failed_ = std::fwrite(bytes.data(), 1, size, file_.get()) != size || failed_;
    samples_ += part.size();
  }
}

void WavFile::write_header(std::uint64_t data_bytes) {
  const bool known = data_bytes < kUnknown - kRiffBytes;
  const auto size = static_cast<std::uint32_t>(data_bytes);
  std::vector<std::uint8_t> header;
  put(header, "RIFF");
  put(header, known ? size + kRiffBytes : kUnknown, 4);
  put(header, "WAVEfmt ");
  put(header, 16, 4);  // of this chunk
  put(header, 1, 2);   // PCM
  put(header, 1, 2);   // channel
  put(header, devices::kSampleRate, 4);
  put(header, devices::kSampleRate * kSampleBytes, 4);
  put(header, kSampleBytes, 2);  // of a block
  put(header, 8 * kSampleBytes, 2);
  put(header, "data");
  put(header, known ? size : kUnknown, 4);
  failed_ = std::fwrite(header.data(), 1, header.size(), file_.get()) != header.size() || failed_;
}

bool WavFile::finish() {
  machine_.listen_speaker({});
  // A pipe keeps its first header.
  if (std::fseek(file_.get(), 0, SEEK_SET) == 0) {
    write_header(samples_ * kSampleBytes);
  } else if (errno != ESPIPE) {
    failed_ = true;
  }
  return std::fflush(file_.get()) == 0 && !failed_;
}

}  // namespace emu
