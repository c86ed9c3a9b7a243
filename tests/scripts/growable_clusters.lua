-- What each DOS command does to the clusters of a growable disk, counted.
--   platter test growable_clusters.lua -D images=FOLDER
-- Shows clusters_allocated, clusters_linked and clusters_free after every command.

test("allocated, linked and freed clusters after each DOS command", { timeout = 900, tags = { "boot" } }, function(t)
  local floppy = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local disk = t:tmp("hd.gix")
  t:image { "create-disk", "-f", "growable", "--size", "32M", "--fat16", disk }
  local m = t:machine {
    boot = "a", drive = { { bus = "fd0", file = floppy, mode = "discard" },
                          { bus = "ide0.0", file = disk, fat_free = "live" } } }
  m:expect("A:\\>", 60)
  local hd = m:disk("ide0.0")
  local last = hd:stats()
  -- Partition table, boot sector and first FAT sector, second FAT, root folder.
  t:log("empty: " .. last.clusters_allocated)
  local function command(text, want)
    m:type(text .. "\n")
    m:expect("A:\\>", 300)
    m:run(12)                                              -- let the commit and the grace pass
    local now = hd:stats()
    local got = { now.clusters_allocated - last.clusters_allocated, now.clusters_linked - last.clusters_linked,
                  now.clusters_free - last.clusters_free }
    t:log(string.format("%-28s allocated %+d linked %+d free %+d", text, got[1], got[2], got[3]))
    for i, name in ipairs { "allocated", "linked", "free" } do
      if want[i] then t:eq(got[i], want[i], text .. ": " .. name) end
    end
    last = now
  end
  command("dir c:", { 0, 0, 0 })                           -- reading allocates nothing
  -- 11 clusters of content, one more of folder; the file grew by a chunk of 256.
  command("copy kernel.sys c:", { 12, 0, 244 })
  command("del c:kernel.sys", { -11, 0, -233 })            -- 11 holes, and the reserve goes back, too
  command("copy kernel.sys c:", { 11, 0, -11 })            -- the same places again
  m:poweroff()
  t:image { "check", disk }
end)
