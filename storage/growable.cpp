// The growable format: an index of words and a file of clusters, both of which grow as the disk is
// used; clusters of one repeated byte are linked, freed ones given back to the host. Layout and
// rules: docs/formats/growable.md. The crash rules are in growable_image.h.
// Not implemented: index words of other sizes than four bytes, parents of other formats.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/check_alone.h"
#include "storage/growable_image.h"

namespace storage {

namespace {

int probe_growable(const ProbeInput& input) {
  const auto carries = [&](std::size_t offset) {
    return input.head.size() >= offset + kGrowableIndexMagic.size() &&
           std::ranges::equal(
               input.head.subspan(offset, kGrowableIndexMagic.size()), kGrowableIndexMagic,
               [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
  };
  if (carries(0)) return 100;
  return carries(sizeof(GrowableHeader)) ? 90 : 0;  // the first slot was torn
}

std::unique_ptr<Image> open_growable(const ImageContext& context, const OpenOptions& options) {
  return std::make_unique<GrowableImage>(context, options, false);
}

CheckReport check_growable(const ImageContext& context, const CheckOptions& options) {
  return check_alone<GrowableImage>(context, options, true);
}

}  // namespace

const FormatDriver kGrowableFormat = {.name = "growable",
                                      .summary = "index and clusters: grows, links, gives back",
                                      .create_options = growable_create_options(),
                                      .open_options = growable_open_options(),
                                      .has_parents = true,
                                      .probe = probe_growable,
                                      .open = open_growable,
                                      .create = create_growable,
                                      .check = check_growable,
                                      .measure = measure_growable};

}  // namespace storage
