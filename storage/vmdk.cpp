// VMDK, the disks of VMware 4 and later: a text descriptor and the extents it lists.
//
// [VDF]      VMware, Virtual Disk Format 1.1 and 5.0
// [libvmdk]  Joachim Metz, VMware Virtual Disk (VMDK) file format specification
// Not implemented: seSparse and vSAN extents, raw device maps, encrypted disks; writing where
// changes are tracked in another file (refused). The crash rules are in vmdk_sparse.h.
#include <algorithm>
#include <string>
#include <utility>

#include "storage/check_alone.h"
#include "storage/file_io.h"
#include "storage/vmdk_image.h"
#include "storage/vmdk_stream_rescue.h"

namespace storage {

namespace {

bool begins_line(std::string_view text, std::string_view word) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, word.size());
    if (std::ranges::equal(line, word, {}, lower, lower)) return true;
    const std::size_t end = text.find('\n', at);
    at = end == text.npos ? text.size() : end + 1;
  }
  return false;
}

int probe_vmdk(const ProbeInput& input) {
  const std::string_view head(reinterpret_cast<const char*>(input.head.data()), input.head.size());
  constexpr std::string_view kSeSparse("\xBE\xBA\xFE\xCA\0\0\0\0", 8);
  if (head.starts_with("KDMV") || head.starts_with(kSeSparse)) return 100;
  const std::string_view text = head.substr(0, head.find('\0'));
  if (input.size > kMaxVmdkDescriptor) return 0;
  if (begins_line(text.substr(0, 256), "# Disk DescriptorFile")) return 95;
  return begins_line(text, "createType") && begins_line(text, "CID") ? 80 : 0;
}

std::unique_ptr<Image> open_vmdk(const ImageContext& context, const OpenOptions& options) {
  return std::make_unique<VmdkImage>(context, options, false);
}

bool is_stream(const ImageContext& context) {
  const auto file = context.open_file(FileAccess::read);
  if (file->size() < sizeof(VmdkHeader)) return false;
  const auto header = read_struct<VmdkHeader>(*file, 0);
  return header.magic == kVmdkMagic && (header.flags & kVmdkCompressedFlag) != 0;
}

CheckReport check_vmdk(const ImageContext& context, const CheckOptions& options) {
  if (!is_stream(context)) return check_alone<VmdkImage>(context, options, true);
  if (auto report = check_lost_stream(context, options)) return *std::move(report);
  CheckOptions look = options;
  look.repair = CheckOptions::Repair::none;  // nothing in a whole one can be written
  return check_alone<VmdkImage>(context, look, true);
}

}  // namespace

void VmdkImage::check(CheckReport& report, const CheckOptions& options) {
  if (!bare_ && !ordinary_cid(descriptor_.cid())) {
    report.say("the content id " + cid_text(descriptor_.cid()) +
               " says nothing: a parent that changed is not noticed");
  } else if (descriptor_.parent_cid() == descriptor_.cid()) {
    report.say("the disk has its parent's content id: a change of either is not noticed");
  }
  for (Part& part : parts_) {
    if (part.sparse != nullptr) part.sparse->check(report, options);
    if (part.stream != nullptr) part.stream->check(report, options.progress);
    if (part.flat == nullptr) continue;
    const std::uint64_t size = part.flat->file()->size();
    report.end_offset = std::max(report.end_offset, std::min(size, part.flat->end_bytes()));
    if (size >= part.flat->end_bytes()) continue;
    report.error(printable(part.flat->file()->path().native(), 120) + " is " +
                 std::to_string(part.flat->end_bytes() - size) + " bytes too short");
  }
}

const FormatDriver kVmdkFormat = {.name = "vmdk",
                                  .summary = "VMware disk: sparse, flat, split, ESX or stream",
                                  .create_options = vmdk_create_options(),
                                  .has_parents = true,
                                  .probe = probe_vmdk,
                                  .open = open_vmdk,
                                  .create = create_vmdk,
                                  .stream = stream_vmdk,
                                  .check = check_vmdk,
                                  .measure = measure_vmdk};

}  // namespace storage
