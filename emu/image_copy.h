// Copying a disk's content: reads one side in a thread of its own while the other side is written,
// skips what the source does not hold, and finds zeroes in what it does.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "storage/format.h"

namespace emu::image_tool {

// Where a copy goes.
class CopySink {
 public:
  virtual ~CopySink() = default;
  virtual void write(std::uint64_t lba, std::span<const std::uint8_t> sectors) = 0;
  virtual void zeroes(std::uint64_t lba, std::uint64_t count) = 0;
};

struct CopyPlan {
  std::string source_name;             // for messages
  std::uint64_t first = 0, count = 0;  // sectors of the source
  std::uint64_t target_first = 0;
  std::uint64_t zero_sectors = 8;  // how many zero sectors, aligned, count as zeroes; 0: none
  bool threaded = true;
};

// Every sector goes to the sink exactly once and in order, by write() or zeroes(). Throws what the
// sink throws, storage::ImageError and storage::Cancelled. Progress is in sectors.
void copy_sectors(storage::BlockDevice& source, const CopyPlan& plan, CopySink& sink,
                  const storage::Progress& progress);

}  // namespace emu::image_tool
