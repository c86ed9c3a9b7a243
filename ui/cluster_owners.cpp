#include "ui/cluster_owners.h"

#include <algorithm>

namespace ui {

void ClusterOwners::add(const Stretch& stretch) {
  if (stretch.count == 0) return;
  if (!stretches_.empty() && stretch.continues(stretches_.back())) {
    Stretch& last = stretches_.back();
    // Where a file goes on elsewhere in itself a new stretch begins, for its offset.
    const bool free = stretch.node == DiskFiles::kNobody;
    if (free) {
      last.count += stretch.count;
      return;
    }
  }
  stretches_.push_back(stretch);
}

ClusterOwners::ClusterOwners(const DiskFiles& files, std::uint64_t sectors,
                             std::uint32_t cluster_sectors) {
  const std::uint64_t spc = cluster_sectors;
  const std::uint64_t clusters = std::max<std::uint64_t>((sectors + spc - 1) / spc, 1);
  const auto outside = [&](std::uint64_t cluster) {
    const std::uint64_t last = std::min((cluster + 1) * spc, sectors) - 1;
    const DiskFiles::Volume* volume = files.volume_of(cluster * spc);
    return volume == nullptr || volume != files.volume_of(last);
  };
  // Free clusters from `from` up to `to`, inside or outside of volumes.
  const auto add_free = [&](std::uint64_t from, std::uint64_t to) {
    while (from < to) {
      Stretch stretch;
      stretch.first = from;
      stretch.outside = outside(from);
      // To the next border of a volume: there the answer may change.
      std::uint64_t border = to;
      for (const DiskFiles::Volume& volume : files.volumes) {
        for (const std::uint64_t edge : {volume.first_lba, volume.first_lba + volume.sectors}) {
          for (const std::uint64_t at : {edge / spc, (edge + spc - 1) / spc}) {
            if (at > from && at < border) border = at;
          }
        }
      }
      stretch.count = border - from;
      add(stretch);
      from = border;
    }
  };
  std::uint64_t next = 0;  // the first cluster that nothing has been said of
  for (std::size_t i = 0; i < files.runs.size();) {
    const DiskFiles::Run& run = files.runs[i];
    const std::uint64_t first = std::max(run.lba / spc, next);
    add_free(next, first);
    next = std::max(next, first);
    const std::uint64_t end = run.lba + run.count;
    // A first cluster that the run does not fill, with everything else that is in it.
    const bool starts_inside = first * spc < run.lba;
    const std::uint64_t whole_end = end / spc;
    if (!starts_inside && whole_end > first) {
      Stretch stretch;
      stretch.first = first;
      stretch.count = whole_end - first;
      stretch.node = run.node;
      stretch.offset = run.offset + (first * spc - run.lba) * storage::kSectorSize;
      stretch.outside = run.count == 1 && run.lba == 0 && outside(first);
      add(stretch);
      next = whole_end;
      if (next * spc >= end) {
        ++i;
        continue;
      }
    }
    // One mixed cluster: count what is owned in it.
    const std::uint64_t cluster = next;
    const std::uint64_t cluster_end = std::min((cluster + 1) * spc, sectors);
    if (cluster * spc >= end) {
      ++i;
      continue;
    }
    Stretch stretch;
    stretch.first = cluster;
    stretch.count = 1;
    stretch.node = run.node;
    stretch.offset =
        run.offset + (std::max(cluster * spc, run.lba) - run.lba) * storage::kSectorSize;
    std::uint64_t owned = 0;
    while (i < files.runs.size() && files.runs[i].lba < cluster_end) {
      const DiskFiles::Run& part = files.runs[i];
      const std::uint64_t part_end = part.lba + part.count;
      owned += std::min(part_end, cluster_end) - std::max(part.lba, cluster * spc);
      if (part_end > cluster_end) break;  // goes on in the next cluster
      ++i;
    }
    stretch.partly = owned < cluster_end - cluster * spc;
    stretch.outside = stretch.partly && outside(cluster);
    add(stretch);
    next = cluster + 1;
  }
  add_free(next, clusters);
}

std::span<const ClusterOwners::Stretch> ClusterOwners::in(std::uint64_t first,
                                                          std::uint64_t count) const {
  const auto end_of = [](const Stretch& stretch) { return stretch.first + stretch.count; };
  const auto begin = std::ranges::upper_bound(stretches_, first, {}, end_of);
  auto end = begin;
  while (end != stretches_.end() && end->first < first + count) ++end;
  return {begin, end};
}

Agreement agreement(const ClusterOwners::Stretch& stretch, bool in_use) {
  if (stretch.outside) return Agreement::not_in_volume;
  const bool owned = stretch.node != DiskFiles::kNobody;
  if (!owned) return in_use ? Agreement::reclaimable : Agreement::both_free;
  if (!in_use) return Agreement::reads_as_zero;
  return stretch.partly ? Agreement::partly_free : Agreement::both_used;
}

}  // namespace ui
