#include "emu/image_owner.h"

#include <algorithm>

#include "storage/fat_volume.h"

namespace emu::image_tool {

OwnerIndex::OwnerIndex(storage::BlockDevice& device) {
  for (const storage::FatLocation& where : storage::find_fat_volumes(device)) {
    const std::string prefix = std::to_string(where.partition) + ":";
    if (where.partition != 0) runs_.try_emplace(0, Run{1, "MBR"});
    storage::FatVolume(device, where)
        .visit_owners([&](std::uint64_t lba, std::uint64_t count, const std::string& path) {
          runs_.try_emplace(lba, Run{lba + count, prefix + path});
        });
  }
}

OwnedRun OwnerIndex::at(std::uint64_t lba, std::uint64_t count) const {
  const auto after = runs_.upper_bound(lba);
  const std::uint64_t next = after == runs_.end() ? UINT64_MAX : after->first;
  if (after != runs_.begin()) {
    const auto& [first, run] = *std::prev(after);
    if (lba < run.end) return {run.path, std::min(count, std::min(run.end, next) - lba)};
  }
  return {"", std::min(count, next - lba)};
}

}  // namespace emu::image_tool
