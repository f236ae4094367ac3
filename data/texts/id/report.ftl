# Mengumpulkan laporan: satu pertanyaan setiap kali.

ask_description = Silakan ceritakan masalahnya: apa yang terjadi dan di mana?

ask_category = Laporan ini paling cocok masuk kategori mana?
ask_category_words = Kategori apa yang lebih tepat? Tulis dengan kata sendiri, misalnya *jembatan* atau *sampah*.

ask_place = Di mana lokasinya? Tulis desa dan jalan atau patokan terdekat, atau kirim lokasi.
ask_place_again = Lokasi itu belum saya kenali. Tulis nama desa atau kecamatannya, atau kirim lokasi: tekan lampiran, pilih *Lokasi*, lalu kirim titiknya.
ask_place_detail = Lokasinya di { $place }. Di jalan atau dekat patokan apa tepatnya?
ask_place_one = Maksud Bapak/Ibu { $place }?
ask_place_which = Lokasi mana yang Bapak/Ibu maksud?
place_outside =
    { $outside } tampaknya di luar Kabupaten Kutai Timur. Untuk daerah itu, Bapak/Ibu bisa melapor di lapor.go.id, yang melayani seluruh Indonesia.

    Isi laporan ini tetap kami simpan. Apakah lokasinya mau diganti?

ask_photo = Ada fotonya? Kirim satu sampai lima foto, atau tekan *Lewati*.
ask_photo_send = Silakan kirim fotonya sekarang, atau tekan *Lewati*.
photo_enough = Lima foto sudah cukup: yang dipakai { $most } foto pertama.
photo_not_a_picture = Berkas itu bukan foto yang bisa dibuka. Mohon kirim sebagai foto biasa (JPG atau PNG).
photo_too_big = Fotonya terlalu besar. Mohon kirim ulang sebagai foto biasa, bukan sebagai dokumen.
photo_too_many_pixels = Ukuran gambarnya terlalu besar. Mohon kirim ulang sebagai foto biasa, bukan sebagai dokumen.
photo_unavailable = Fotonya belum berhasil kami terima. Mohon kirim sekali lagi.

summary =
    Mohon diperiksa dulu:

    { $classification }: { $category }
    Lokasi: { $has_place ->
        [yes] { $has_detail ->
            [yes] { $detail }, { $place }
           *[no] { $place }
        }
       *[no] { $has_detail ->
            [yes] { $detail }
           *[no] belum disebutkan
        }
    }{ $pin ->
        [yes] {" "}(titik peta terlampir)
       *[no] {""}
    }{ $uncertain ->
        [yes] {" "}(*lokasi belum pasti*)
       *[no] {""}
    }
    Isi: { $description }
    Tanggal: { $date }
    Foto: { $photos ->
        [0] tidak ada
       *[other] { $photos }
    }
    Nama: { $anonymity ->
        [anonim] *anonim*, nama tidak ditampilkan kepada instansi dan umum
        [rahasia] *rahasia*, isi laporan tidak ditampilkan kepada umum
       *[none] { $has_reporter ->
            [yes] { $reporter }, terlihat oleh instansi
           *[no] belum ada nama
        }
    }

    Tekan *Kirim* kalau sudah benar.

ask_change = Bagian mana yang mau diubah?
ask_new_description = Silakan tulis isi laporan yang baru.
ask_date = Kapan kejadiannya? Misalnya *kemarin*, *3 hari lalu*, atau *5 Mei*.
ask_date_again = Tanggalnya belum saya pahami. Mohon tulis seperti *kemarin* atau *5 Mei*.
ask_new_photos = Foto sebelumnya sudah dilepas. Kirim foto yang baru, atau tekan *Lewati*.
ask_reporter = Atas nama siapa laporan ini? Cukup nama panggilan.
ask_anonymity =
    Siapa yang boleh melihat?

    {"*"}Anonim*: nama Bapak/Ibu disembunyikan dari instansi dan umum.
    {"*"}Rahasia*: isi laporan disembunyikan dari umum.
    {"*"}Tampilkan nama*: nama terlihat oleh instansi yang menangani.
anonymity_noted =
    { $anonymity ->
        [rahasia] Baik, isi laporan ini tidak akan ditampilkan kepada umum.
        [anonim] Baik, nama Bapak/Ibu tidak ditampilkan kepada instansi dan umum.
       *[none] Baik, nama Bapak/Ibu ditampilkan kepada instansi.
    }

filed = Terima kasih, laporan Bapak/Ibu kami terima dengan nomor *{ $ticket }*. Nomor pelacakan SP4N-LAPOR! menyusul di sini. Untuk mengeceknya, tulis *status* kapan saja.

cancelled = Baik, dihentikan. Isiannya kami simpan 23 jam kalau Bapak/Ibu mau melanjutkan.
nothing_to_cancel = Tidak ada laporan yang sedang diisi. Ada yang bisa saya bantu?
starting_over = Baik, kita mulai dari awal.
offer_draft = Masih ada laporan yang belum dikirim: "{ $words }". Mau dilanjutkan?
offer_further = Bapak/Ibu tadi juga menyebut hal lain: "{ $words }". Mau dilaporkan juga?
draft_dropped = Baik, isian itu tidak dikirim. Kalau ada hal lain, silakan tulis kapan saja.
draft_closed = Laporan yang belum dikirim kami tutup dulu. Kalau masih perlu, tekan *Lanjutkan*.
reminder = Laporan Bapak/Ibu belum terkirim dan isiannya masih tersimpan.
