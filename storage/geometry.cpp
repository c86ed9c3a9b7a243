#include "storage/geometry.h"

#include <algorithm>
#include <cassert>

namespace storage {

std::optional<std::uint64_t> chs_to_lba(const Geometry& geometry, const Chs& chs) {
  if (chs.cylinder >= geometry.cylinders || chs.head >= geometry.heads || chs.sector == 0 ||
      chs.sector > geometry.sectors_per_track) {
    return std::nullopt;
  }
  const std::uint64_t track = std::uint64_t{chs.cylinder} * geometry.heads + chs.head;
  return track * geometry.sectors_per_track + chs.sector - 1;
}

Chs lba_to_chs(const Geometry& geometry, std::uint64_t lba) {
  assert(geometry.heads != 0 && geometry.sectors_per_track != 0);
  const std::uint64_t track = lba / geometry.sectors_per_track;
  return {.cylinder = static_cast<std::uint32_t>(track / geometry.heads),
          .head = static_cast<std::uint32_t>(track % geometry.heads),
          .sector = static_cast<std::uint32_t>(lba % geometry.sectors_per_track) + 1};
}

std::string_view name_of(Translation translation) {
  switch (translation) {
    case Translation::none:
      return "none";
    case Translation::lba:
      return "lba";
    case Translation::large:
      return "large";
    case Translation::revised:
      return "revised";
  }
  return "?";
}

namespace {

// Cylinders x heads that bit shift reaches: 1024 cylinders of 128 heads.
constexpr std::uint64_t kMostForLarge = 131072;

// Bit shift translation: cylinders are halved and heads doubled until the cylinders fit, [Bochs].
Geometry shifted(Geometry geometry) {
  while (geometry.cylinders > kMaxBiosCylinders && geometry.heads != 0 && geometry.heads <= 127) {
    geometry.cylinders /= 2;
    geometry.heads *= 2;
  }
  return geometry;
}

// 16 heads would double to 256, which DOS cannot count: first trade them for 15.
Geometry revised(Geometry geometry) {
  if (geometry.heads == 16) {
    geometry.heads = 15;
    geometry.cylinders = std::min(geometry.cylinders, 61439U) * 16 / 15;
  }
  return shifted(geometry);
}

// LBA assist looks at the capacity alone.
Geometry lba_assisted(std::uint64_t total_sectors) {
  const std::uint64_t heads_needed = total_sectors / kMaxTrackSectors / kMaxBiosCylinders;
  std::uint32_t heads = 16;
  if (heads_needed > 128) {
    heads = 255;
  } else if (heads_needed > 64) {
    heads = 128;
  } else if (heads_needed > 32) {
    heads = 64;
  } else if (heads_needed > 16) {
    heads = 32;
  }
  const std::uint64_t cylinders = total_sectors / (std::uint64_t{heads} * kMaxTrackSectors);
  return {.cylinders =
              static_cast<std::uint32_t>(std::min<std::uint64_t>(cylinders, kMaxBiosCylinders)),
          .heads = heads,
          .sectors_per_track = kMaxTrackSectors};
}

}  // namespace

Geometry logical_geometry(Translation translation, const Geometry& ata,
                          std::uint64_t total_sectors) {
  Geometry logical = ata;
  if (translation == Translation::large) logical = shifted(ata);
  if (translation == Translation::revised) logical = revised(ata);
  if (translation == Translation::lba) logical = lba_assisted(total_sectors);
  logical.cylinders = std::min(logical.cylinders, kMaxBiosCylinders);
  return logical;
}

Translation automatic_translation(const Geometry& ata) {
  if (ata.cylinders <= kMaxBiosCylinders && ata.heads <= kMaxAtaHeads &&
      ata.sectors_per_track <= kMaxTrackSectors) {
    return Translation::none;
  }
  return std::uint64_t{ata.cylinders} * ata.heads <= kMostForLarge ? Translation::large
                                                                   : Translation::lba;
}

Geometry default_geometry(std::uint64_t total_sectors) {
  const Geometry usual = shaped_geometry(total_sectors, kMaxAtaHeads, kMaxTrackSectors);
  if (usual.known() || total_sectors == 0) return usual;
  // Less than one usual cylinder: IDENTIFY must not promise sectors that are not there.
  const auto sectors =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(total_sectors, kMaxTrackSectors));
  return shaped_geometry(total_sectors, static_cast<std::uint32_t>(total_sectors / sectors),
                         sectors);
}

Geometry shaped_geometry(std::uint64_t total_sectors, std::uint32_t heads,
                         std::uint32_t sectors_per_track) {
  const std::uint64_t cylinder_sectors = std::uint64_t{heads} * sectors_per_track;
  if (cylinder_sectors == 0 || total_sectors < cylinder_sectors) return {};
  return {.cylinders = static_cast<std::uint32_t>(
              std::min<std::uint64_t>(total_sectors / cylinder_sectors, kMaxIdentifyCylinders)),
          .heads = heads,
          .sectors_per_track = sectors_per_track};
}

}  // namespace storage
