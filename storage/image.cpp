#include "storage/image.h"

namespace storage {

void Image::cannot(std::string_view what) const {
  const ImageInfo facts = info();
  const std::filesystem::path file = facts.files.empty() ? "image" : facts.files.front().path;
  throw ImageError(file, "cannot be " + std::string(what) +
                             (facts.subformat.empty() ? "" : ": " + facts.subformat) +
                             " has no way to do it");
}

void Image::resize(std::uint64_t, bool, const Progress&) {
  cannot("resized");
}

void Image::compact(const Progress&) {
  cannot("compacted");
}

void Image::link_uniform(const Progress&) {
  cannot("made to share clusters");
}

void Image::set_parent(const ParentRef*) {
  cannot("given a parent");
}

void Image::finish_commit(bool, const Progress&) {
  cannot("committed");
}

std::filesystem::path Image::make_standalone(const Progress&) {
  cannot("finished (only an add-cow disk has a raw file that can stand alone)");
}

void CheckReport::say(std::string line) {
  if (lines.size() < kMaxLines) {
    lines.push_back(std::move(line));
  } else if (lines.size() == kMaxLines) {
    lines.emplace_back("more was found than is listed here");
  }
}

}  // namespace storage
