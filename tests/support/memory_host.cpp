#include "tests/support/memory_host.h"

#include <algorithm>
#include <functional>
#include <ranges>
#include <utility>

#include "storage/image_error.h"

namespace support {

using storage::FileAccess;
using storage::ImageError;
using storage::IoStatus;

// One open file.
class MemoryHandle final : public storage::File {
 public:
  MemoryHandle(std::shared_ptr<MemoryHost> host, std::shared_ptr<HostFile> file,
               std::filesystem::path path, FileAccess access)
      : host_(std::move(host)), file_(std::move(file)), path_(std::move(path)), access_(access) {}

  const std::filesystem::path& path() const override { return path_; }
  void renamed(const std::filesystem::path& path) override { path_ = path; }
  storage::FileIdentity identity() const override { return {.device = 1, .inode = file_->number}; }
  std::uint64_t size() const override { return file_->bytes.size(); }
  std::uint64_t allocated_bytes() const override { return file_->bytes.allocated_bytes(); }

  IoStatus read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) override {
    if (const IoStatus fault = host_->count(HostCall::read); fault != IoStatus::ok) return fault;
    if (offset > size() || bytes.size() > size() - offset) return IoStatus::host_error;
    host_->bytes_read_ += bytes.size();
    file_->bytes.read(offset, bytes);
    return IoStatus::ok;
  }
  IoStatus write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) override {
    if (const IoStatus refusal = begin(HostCall::write); refusal != IoStatus::ok) return refusal;
    if (offset > kMaxSize || bytes.size() > kMaxSize - offset) return IoStatus::no_space;
    if (file_->bytes.allocated_bytes() + bytes.size() > host_->most_bytes_) {
      return IoStatus::no_space;
    }
    host_->note({.kind = HostCall::write,
                 .node = file_->number,
                 .offset = offset,
                 .data = {bytes.begin(), bytes.end()}});
    file_->bytes.write(offset, bytes);
    return IoStatus::ok;
  }
  IoStatus resize(std::uint64_t size) override {
    if (const IoStatus refusal = begin(HostCall::resize); refusal != IoStatus::ok) return refusal;
    if (size > kMaxSize) return IoStatus::no_space;
    host_->note({.kind = HostCall::resize, .node = file_->number, .length = size});
    file_->bytes.resize(size);
    return IoStatus::ok;
  }
  IoStatus zero(std::uint64_t offset, std::uint64_t length) override {
    if (const IoStatus refusal = begin(HostCall::zero); refusal != IoStatus::ok) return refusal;
    host_->note(
        {.kind = HostCall::zero, .node = file_->number, .offset = offset, .length = length});
    file_->bytes.zero(offset, length);
    return IoStatus::ok;
  }
  IoStatus sync() override {
    if (sync_failed_) return IoStatus::host_error;
    if (const IoStatus fault = host_->count(HostCall::sync); fault != IoStatus::ok) {
      sync_failed_ = true;
      return IoStatus::host_error;
    }
    host_->note({.kind = HostCall::sync, .node = file_->number});
    return IoStatus::ok;
  }
  storage::FileRun run_at(std::uint64_t offset) const override {
    return file_->bytes.run_at(offset);
  }

 private:
  static constexpr std::uint64_t kMaxSize = std::uint64_t{1} << 62;

  IoStatus begin(HostCall call) {
    if (access_ == FileAccess::read) return IoStatus::read_only;
    return host_->count(call);
  }

  std::shared_ptr<MemoryHost> host_;
  std::shared_ptr<HostFile> file_;
  std::filesystem::path path_;
  FileAccess access_;
  bool sync_failed_ = false;
};

class MemoryDirectory final : public storage::Directory {
 public:
  MemoryDirectory(std::shared_ptr<MemoryHost> host, std::string prefix, storage::HostRules rules)
      : Directory(std::move(rules)),
        host_(std::move(host)),
        prefix_(std::move(prefix)),
        path_(prefix_.empty() ? "." : prefix_) {}

  const std::filesystem::path& path() const override { return path_; }

  IoStatus rename(std::string_view from, std::string_view to) override {
    if (const IoStatus fault = host_->count(HostCall::rename); fault != IoStatus::ok) return fault;
    const auto entry = host_->entries_.find(full(from));
    if (entry == host_->entries_.end()) return IoStatus::host_error;
    host_->note({.kind = HostCall::rename,
                 .node = entry->second->number,
                 .name = full(from),
                 .to = full(to)});
    const std::shared_ptr<HostFile> file = entry->second;
    host_->entries_.erase(entry);
    host_->entries_[full(to)] = file;
    return IoStatus::ok;
  }
  IoStatus remove(std::string_view name) override {
    if (const IoStatus fault = host_->count(HostCall::remove); fault != IoStatus::ok) return fault;
    const auto entry = host_->entries_.find(full(name));
    if (entry == host_->entries_.end()) return IoStatus::host_error;
    host_->note({.kind = HostCall::remove, .node = entry->second->number, .name = full(name)});
    host_->entries_.erase(entry);
    return IoStatus::ok;
  }
  IoStatus sync() override {
    if (const IoStatus fault = host_->count(HostCall::sync_directory); fault != IoStatus::ok) {
      return fault;
    }
    host_->note({.kind = HostCall::sync_directory, .name = prefix_});
    return IoStatus::ok;
  }

 protected:
  std::unique_ptr<storage::File> do_open(std::string_view name,
                                         const storage::FileRequest& request) override {
    if (request.source == storage::NameSource::image && storage::leaves_folder(name)) {
      throw storage::RefusedName(path_, name, "leads out of its folder");
    }
    const auto entry = host_->entries_.find(full(name));
    if (entry == host_->entries_.end()) {
      throw storage::NoSuchFile(path_ / name, "cannot be opened: No such file or directory");
    }
    return std::make_unique<MemoryHandle>(host_, entry->second, full(name), request.access);
  }
  std::unique_ptr<storage::File> do_create(std::string_view name,
                                           storage::Existing existing) override {
    if (host_->count(HostCall::create) != IoStatus::ok) {
      throw ImageError(path_ / name, "cannot be created: No space left on device");
    }
    std::shared_ptr<HostFile>& file = host_->entries_[full(name)];
    if (file && existing == storage::Existing::refuse) {
      throw ImageError(path_ / name, "exists already");
    }
    if (!file) {
      file = std::make_shared<HostFile>();
      file->number = host_->next_number_++;
      host_->note({.kind = HostCall::create, .node = file->number, .name = full(name)});
    }
    return std::make_unique<MemoryHandle>(host_, file, full(name), FileAccess::read_write);
  }
  storage::Place do_locate(std::string_view name, storage::NameSource source) override {
    if (source == storage::NameSource::image && storage::leaves_folder(name)) {
      throw storage::RefusedName(path_, name, "leads out of its folder");
    }
    const std::size_t slash = name.rfind('/');
    if (slash == name.npos) return {shared_from_this(), std::string(name)};
    return {std::make_shared<MemoryDirectory>(host_, full(name.substr(0, slash)), rules()),
            std::string(name.substr(slash + 1))};
  }

 private:
  std::string full(std::string_view name) const {
    return prefix_.empty() ? std::string(name) : prefix_ + "/" + std::string(name);
  }

  std::shared_ptr<MemoryHost> host_;
  std::string prefix_;
  std::filesystem::path path_;
};

std::shared_ptr<MemoryHost> MemoryHost::copy() const {
  auto twin = make();
  for (const auto& [name, file] : entries_) {
    twin->entries_[name] = std::make_shared<HostFile>(*file);
  }
  twin->next_number_ = next_number_;
  twin->next_seed_ = next_seed_;
  twin->most_bytes_ = most_bytes_;
  return twin;
}

storage::DirectoryPtr MemoryHost::root(storage::HostRules rules) {
  return std::make_shared<MemoryDirectory>(shared_from_this(), "", std::move(rules));
}

std::vector<std::string> MemoryHost::names() const {
  const auto all = std::views::keys(entries_);
  return {all.begin(), all.end()};
}

void MemoryHost::put(const std::string& name, std::span<const std::uint8_t> bytes) {
  auto file = std::make_shared<HostFile>();
  file->number = next_number_++;
  file->bytes.write(0, bytes);
  entries_[name] = std::move(file);
}

bool MemoryHost::same_files(const MemoryHost& other) const {
  return std::ranges::equal(entries_, other.entries_, [](const auto& left, const auto& right) {
    return left.first == right.first && left.second->bytes == right.second->bytes;
  });
}

std::uint64_t MemoryHost::digest() const {
  std::uint64_t sum = 0;
  for (const auto& [name, file] : entries_) {
    sum = mixed(sum, std::hash<std::string_view>{}(name));
    sum = mixed(sum, file->bytes.digest());
  }
  return sum;
}

void MemoryHost::fail(std::uint64_t n, IoStatus status, Counted counted, bool stays) {
  fault_ = {n, status, counted, stays};
  fired_.reset();
}

IoStatus MemoryHost::count(HostCall call) {
  if (call == HostCall::read) ++reads_;
  if (!fault_) return IoStatus::ok;
  const bool needs_space = call == HostCall::write || call == HostCall::resize ||
                           call == HostCall::zero || call == HostCall::create;
  if (fault_->counted == Counted::changes && !needs_space) return IoStatus::ok;
  if (fault_->left > 1) {
    --fault_->left;
    return IoStatus::ok;
  }
  if (!fired_) fired_ = call;
  const IoStatus status = fault_->status;
  if (!fault_->stays) fault_.reset();
  return status;
}

void MemoryHost::record() {
  recording_ = true;
  recorded_.clear();
  at_start_.clear();
  for (const auto& [name, file] : entries_) at_start_[name] = std::make_shared<HostFile>(*file);
}

}  // namespace support
