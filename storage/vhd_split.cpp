#include "storage/vhd_split.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "storage/block_device.h"
#include "storage/image_error.h"

namespace storage {

namespace {

// As it is called on this host: the letter may be a capital.
std::string existing_part(const Place& place, std::size_t part) {
  std::string name = vhd_part_name(place.name, part);
  if (place.directory->exists(name, NameSource::image)) return name;
  name[name.size() - 3] = 'V';
  return place.directory->exists(name, NameSource::image) ? name : std::string();
}

}  // namespace

std::string vhd_part_name(std::string_view name, std::size_t part) {
  const std::size_t dot = name.rfind('.');
  if (dot != name.npos && dot != 0 && name.size() - dot <= 5) name = name.substr(0, dot);
  std::array<char, 24> number{};
  std::snprintf(number.data(), number.size(), ".v%02zu", part);
  return std::string(name) + number.data();
}

bool VhdSplitFile::has_parts(const Place& place) {
  return !existing_part(place, 1).empty();
}

VhdSplitFile::VhdSplitFile(const Place& place, std::unique_ptr<File> first, FileAccess access)
    : place_(place), limit_(first->size()) {
  parts_.push_back({0, std::move(first)});
  for (std::size_t part = 1;; ++part) {
    const std::string name = existing_part(place_, part);
    if (name.empty()) break;
    if (part >= kMaxVhdParts) {
      throw ImageError(path(), "has too many parts (allowed " + std::to_string(kMaxVhdParts) + ")");
    }
    const std::uint64_t begin = size();
    parts_.push_back(
        {begin, place_.directory->open(name, {.access = access, .source = NameSource::image})});
  }
  // A part that is missing in the middle would let the rest slip forward.
  if (parts_.size() < kMaxVhdParts && !existing_part(place_, parts_.size() + 1).empty()) {
    throw ImageError(path(), "has lost a part (" + vhd_part_name(place_.name, parts_.size()) +
                                 " does not exist, but a later one does)");
  }
  for (const Part& part : parts_) {
    const bool last = &part == &parts_.back();
    if (last || part.file->size() % kSectorSize == 0) continue;
    throw ImageError(part.file->path(),
                     "is a part of a split VHD that ends inside a sector (size = " +
                         std::to_string(part.file->size()) + ")");
  }
}

VhdSplitFile::VhdSplitFile(const Place& place, std::unique_ptr<File> first,
                           std::uint64_t part_bytes)
    : place_(place), limit_(part_bytes) {
  parts_.push_back({0, std::move(first)});
}

VhdSplitFile::Spot VhdSplitFile::spot(std::uint64_t offset) const {
  const auto after = std::ranges::upper_bound(parts_, offset, {}, &Part::begin);
  const auto index = static_cast<std::size_t>(after - parts_.begin()) - 1;
  const Part& part = parts_[index];
  const std::uint64_t inside = offset - part.begin;
  const std::uint64_t end = part.file->size();
  return {index, inside, end > inside ? end - inside : 0};
}

std::uint64_t VhdSplitFile::allocated_bytes() const {
  std::uint64_t sum = 0;
  for (const Part& part : parts_) sum += part.file->allocated_bytes();
  return sum;
}

template <class Visit>
IoStatus VhdSplitFile::for_each_part(std::uint64_t offset, std::uint64_t count, Visit visit) {
  std::uint64_t done = 0;
  while (done < count) {
    const Spot place = spot(offset + done);
    const std::uint64_t now = std::min(count - done, place.length);
    if (now == 0) return IoStatus::host_error;  // past the end
    const IoStatus status = visit(parts_[place.part], place.offset, done, now);
    if (status != IoStatus::ok) return status;
    done += now;
  }
  return IoStatus::ok;
}

IoStatus VhdSplitFile::read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) {
  return for_each_part(
      offset, bytes.size(),
      [&](Part& part, std::uint64_t at, std::uint64_t done, std::uint64_t count) {
        return part.file->read_at(
            at, bytes.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(count)));
      });
}

IoStatus VhdSplitFile::write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  const std::uint64_t end = offset + bytes.size();
  if (end > size()) {
    if (const IoStatus status = resize(end); status != IoStatus::ok) return status;
  }
  return for_each_part(
      offset, bytes.size(),
      [&](Part& part, std::uint64_t at, std::uint64_t done, std::uint64_t count) {
        part.dirty = true;
        return part.file->write_at(
            at, bytes.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(count)));
      });
}

IoStatus VhdSplitFile::zero(std::uint64_t offset, std::uint64_t length) {
  return for_each_part(offset, length,
                       [](Part& part, std::uint64_t at, std::uint64_t, std::uint64_t count) {
                         part.dirty = true;
                         return part.file->zero(at, count);
                       });
}

IoStatus VhdSplitFile::add_part() {
  if (parts_.size() >= kMaxVhdParts) return IoStatus::no_space;
  try {
    const std::uint64_t begin = size();
    // Left over from an attempt that was cut off, if it is there.
    auto file =
        place_.directory->create(vhd_part_name(place_.name, parts_.size()), Existing::replace);
    parts_.push_back({begin, std::move(file), true});
  } catch (const ImageError&) {
    return IoStatus::host_error;
  }
  names_dirty_ = true;
  return IoStatus::ok;
}

IoStatus VhdSplitFile::resize(std::uint64_t wanted) {
  // The first part keeps its size: it tells where the others end.
  while (parts_.size() > 1 && parts_.back().begin >= wanted) {
    const std::string name = parts_.back().file->path().filename().string();
    parts_.pop_back();
    names_dirty_ = true;
    const IoStatus status = place_.directory->remove(name);
    if (status != IoStatus::ok) return status;
  }
  for (;;) {
    Part& last = parts_.back();
    const std::uint64_t room = std::max(limit_, last.file->size());
    const std::uint64_t end = std::min(wanted - last.begin, room);
    if (last.file->size() != end) {
      last.dirty = true;
      const IoStatus status = last.file->resize(end);
      if (status != IoStatus::ok) return status;
    }
    if (last.begin + end >= wanted) return IoStatus::ok;
    if (const IoStatus status = add_part(); status != IoStatus::ok) return status;
  }
}

IoStatus VhdSplitFile::sync() {
  for (Part& part : parts_) {
    if (!part.dirty) continue;
    if (const IoStatus status = part.file->sync(); status != IoStatus::ok) return status;
    part.dirty = false;
  }
  if (!names_dirty_) return IoStatus::ok;
  const IoStatus status = place_.directory->sync();
  if (status == IoStatus::ok) names_dirty_ = false;
  return status;
}

FileRun VhdSplitFile::run_at(std::uint64_t offset) const {
  const Spot place = spot(offset);
  const Part& part = parts_[place.part];
  const FileRun run = part.file->run_at(place.offset);
  return {run.data, part.begin + std::min(run.end, part.file->size())};
}

}  // namespace storage
