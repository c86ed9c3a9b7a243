// Stretches of ownership against a plain model that asks about every sector of every cluster.
#include <random>

#include "tests/catch.hpp"
#include "ui/cluster_owners.h"

using ui::Agreement;
using ui::ClusterOwners;
using ui::DiskFiles;

namespace {

DiskFiles random_files(std::mt19937& random, std::uint64_t sectors) {
  DiskFiles files;
  DiskFiles::Volume volume;
  volume.first_lba = random() % 20;
  volume.sectors = sectors - volume.first_lba - random() % 30;
  files.volumes.push_back(volume);
  files.nodes.resize(8);
  std::vector<std::uint64_t> offsets(8);
  for (std::uint64_t lba = random() % 30; lba < sectors;) {
    const std::uint64_t count = std::min<std::uint64_t>(1 + random() % 40, sectors - lba);
    const auto node = static_cast<std::uint32_t>(random() % 8);
    files.runs.push_back({lba, count, node, offsets[node]});
    offsets[node] += count * 512;
    lba += count + (random() % 2 == 0 ? 0 : random() % 50);
  }
  return files;
}

}  // namespace

TEST_CASE("cluster owners: every cluster is in one stretch that says what its sectors say",
          "[ui][map]") {
  const std::uint32_t spc = GENERATE(1U, 4U, 8U, 64U);
  std::mt19937 random(spc);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t sectors = 200 + random() % 1500;
    const DiskFiles files = random_files(random, sectors);
    const ClusterOwners owners(files, sectors, spc);
    const std::uint64_t clusters = (sectors + spc - 1) / spc;
    std::uint64_t next = 0;
    for (const ClusterOwners::Stretch& stretch : owners.stretches()) {
      REQUIRE(stretch.first == next);
      next += stretch.count;
      for (std::uint64_t c = stretch.first; c < stretch.first + stretch.count; ++c) {
        std::uint32_t node = DiskFiles::kNobody;
        std::uint64_t offset = 0;
        std::uint64_t owned = 0;
        std::uint64_t inside = 0;
        const std::uint64_t end = std::min((c + 1) * spc, sectors);
        for (std::uint64_t lba = c * spc; lba < end; ++lba) {
          if (files.inside_volume(lba)) ++inside;
          for (const DiskFiles::Run& run : files.runs) {
            if (lba < run.lba || lba >= run.lba + run.count) continue;
            if (node == DiskFiles::kNobody) {
              node = run.node;
              offset = run.offset + (lba - run.lba) * 512;
            }
            ++owned;
          }
        }
        INFO("cluster " << c << " of " << clusters << ", " << spc << " sectors each");
        REQUIRE(stretch.node == node);
        if (node != DiskFiles::kNobody) {
          REQUIRE(stretch.partly == (owned < end - c * spc));
          REQUIRE(stretch.offset + (c - stretch.first) * spc * 512 == offset);
        } else {
          REQUIRE(stretch.outside == (inside < end - c * spc));
        }
      }
    }
    REQUIRE(next == clusters);
    const std::uint64_t first = random() % clusters;
    const std::uint64_t count = 1 + random() % (clusters - first);
    const auto part = owners.in(first, count);
    REQUIRE_FALSE(part.empty());
    REQUIRE(part.front().first <= first);
    REQUIRE(part.back().first + part.back().count >= first + count);
  }
}

TEST_CASE("cluster owners: file system and image agree, or who is wrong has a name", "[ui][map]") {
  ClusterOwners::Stretch owned;
  owned.node = 1;
  ClusterOwners::Stretch partly = owned;
  partly.partly = true;
  const ClusterOwners::Stretch nobody;
  ClusterOwners::Stretch outside;
  outside.outside = true;
  REQUIRE(ui::agreement(owned, true) == Agreement::both_used);
  REQUIRE(ui::agreement(owned, false) == Agreement::reads_as_zero);
  REQUIRE(ui::agreement(partly, true) == Agreement::partly_free);
  REQUIRE(ui::agreement(nobody, true) == Agreement::reclaimable);
  REQUIRE(ui::agreement(nobody, false) == Agreement::both_free);
  REQUIRE(ui::agreement(outside, true) == Agreement::not_in_volume);
}
