// An image and, when asked, its parents, opened for looking at: info, map and check.
#pragma once

#include <filesystem>
#include <vector>

#include "emu/image_session.h"

namespace emu::image_tool {

struct LayerView {
  const storage::Image* image = nullptr;
  const storage::FormatDriver* format = nullptr;
  std::filesystem::path path;
  storage::ImageInfo info;
  std::filesystem::path parent_path;  // where the recorded parent is; empty when it is not there
};

class OpenChain {
 public:
  // `follow`: open the parents, which must be sound then. Marks that forbid opening are overlooked.
  // Throws storage::ImageError.
  OpenChain(const Session& session, const std::string& file, std::string_view format, bool follow);

  // The image itself first.
  const std::vector<LayerView>& layers() const { return layers_; }
  storage::BlockDevice& device() const { return *opened_.device; }

 private:
  storage::OpenedImage opened_;
  std::vector<LayerView> layers_;
};

// Where the parent that `info` names lies, as seen from the child's place, if it may be opened.
std::optional<storage::Place> parent_place(const storage::Place& child,
                                           const storage::ImageInfo& info);

}  // namespace emu::image_tool
