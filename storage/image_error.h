// Bad input met while opening or parsing an image: one line naming the file, the place in it where
// there is one, and the reason. The command line puts "platter: " in front and prints it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace storage {

class ImageError : public std::runtime_error {
 public:
  ImageError(const std::filesystem::path& file, std::string_view text);
  // `offset` in bytes: "data.vhd @ 40h: checksum ...".
  ImageError(const std::filesystem::path& file, std::uint64_t offset, std::string_view text);

  const std::filesystem::path& file() const { return file_; }
  std::optional<std::uint64_t> offset() const { return offset_; }

 private:
  std::filesystem::path file_;
  std::optional<std::uint64_t> offset_;
};

// The file is not there: a search for it may go on.
class NoSuchFile final : public ImageError {
  using ImageError::ImageError;
};

// The image, file(), lies on a parent that is not there, or that it may not reach.
class LostParent final : public ImageError {
 public:
  // `parent` as the image names it; `text` as for ImageError.
  LostParent(const std::filesystem::path& file, std::string_view parent, std::string_view text);

  const std::string& parent() const { return parent_; }  // fit to print

 private:
  std::string parent_;
};

// Makes bytes of unknown origin fit to print: control characters and invalid UTF-8 become \xNN.
// Longer than `limit` characters, it loses its head (the end of a path says more than its
// beginning).
std::string printable(std::string_view bytes, std::size_t limit);

// The host's words for an errno value.
std::string host_error_text(int error_number);

}  // namespace storage
