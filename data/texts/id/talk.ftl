# Sapaan, jawaban di luar laporan, dan serah terima kepada petugas.

notice = Ini layanan otomatis Pemerintah Kabupaten Kutai Timur yang menyimpan nomor, pesan, lokasi, dan foto Bapak/Ibu untuk menangani laporan (UU PDP 27/2022); kalau ingin bertanya soal itu, tulis *petugas*.

greeting = Salam, Bapak/Ibu. Kita lanjutkan, ya.
greeting_menu = Salam, Bapak/Ibu. Silakan langsung tulis masalah dan lokasinya, atau pilih:
menu = Saya membantu meneruskan laporan ke SP4N-LAPOR! dan keadaan darurat ke 112. Silakan langsung tulis masalah dan lokasinya, atau pilih:
help = Tulis masalah dan lokasinya, nanti saya susun menjadi laporan. Kapan saja Bapak/Ibu bisa menulis *batal* (berhenti), *ulang* (dari awal), *status* (kabar laporan), atau *petugas* (bicara dengan orang).
you_are_welcome = Sama-sama, Bapak/Ibu.
sorry_bot = Mohon maaf, saya layanan otomatis, bukan orang, dan bisa salah paham. Tulis *petugas* kalau ingin bicara dengan orang.
off_topic = Maaf, yang itu belum bisa saya bantu. Saya menerima laporan tentang jalan, listrik, air, sampah, dan layanan lain di Kutai Timur, serta keadaan darurat.
privacy = Kami menyimpan nomor, nama profil, pesan, lokasi, dan foto untuk menangani laporan; instansi yang menangani melihat isinya. Untuk melihat atau menghapusnya, tulis *data saya* atau *hapus data saya*.
no_answer_known = Maaf, saya belum punya jawaban resmi untuk pertanyaan itu.
offer_to_file_question = Saya belum punya jawaban resmi untuk pertanyaan itu. Mau diteruskan ke instansi sebagai permintaan informasi?
faq =
    { $answer }

    Sumber: { $answer_source } (per { $answer_day }).
old_button = Tombol itu dari pertanyaan sebelumnya. Kita lanjutkan yang ini dulu, ya.
old_button_menu = Tombol itu sudah tidak berlaku. Silakan langsung tulis masalah dan lokasinya, atau pilih:

received_voice = Maaf, pesan suara belum bisa saya dengarkan. Mohon tuliskan isinya. Kalau ada bahaya, telepon *112* (gratis).
received_sticker = Stikernya sudah sampai, tetapi saya hanya memahami tulisan. Silakan tulis pesannya.
received_video = Saya menerima video, tetapi tidak bisa menyimpannya (paling besar 15 MB). Mohon tulis isinya dan kirim foto.
received_document = Saya menerima dokumen, tetapi hanya PDF sampai 15 MB yang bisa disimpan. Mohon tulis isinya atau kirim sebagai foto.
received_contact = Nomor kontaknya sudah sampai. Untuk melapor, silakan tulis masalah dan lokasinya.
received_unsupported = Maaf, pesan tadi belum bisa saya baca. Mohon ditulis dengan kata-kata atau kirim foto.

staff_called =
    { $has_back ->
        [yes] Permintaan Bapak/Ibu untuk bicara dengan petugas kami simpan. Petugas bertugas lagi { $back_day } pukul { $back }. Sementara itu, saya tetap membantu.
       *[no] Permintaan Bapak/Ibu untuk bicara dengan petugas sudah diteruskan. Sambil menunggu, saya tetap membantu.
    }
staff_already_called =
    { $has_back ->
        [yes] Permintaan Bapak/Ibu masih tersimpan. Petugas membalas di sini mulai { $back_day } pukul { $back }.
       *[no] Petugas sudah diberi tahu dan akan membalas di sini.
    }
staff_here =
    { $has_by ->
        [yes] { $by } sekarang membalas langsung di sini. Saya diam dulu.
       *[no] Petugas sekarang membalas langsung di sini. Saya diam dulu.
    }
staff_gone = Percakapan dengan petugas selesai. Saya kembali membantu di sini.
staff_timed_out = Petugas belum membalas selama 60 menit. Saya kembali membantu; tulis *petugas* kalau masih perlu.

trouble = *Telepon 112 (gratis)* kalau ada bahaya. Maaf, pesan tadi belum bisa kami baca; petugas sudah diberi tahu dan akan membalas di sini.

no_adverts = Layanan ini hanya untuk laporan layanan publik dan keadaan darurat. Pesan promosi tidak kami balas. Kalau ada masalah, tulis masalah dan lokasinya.
stay_polite = Saya mengerti kalau Bapak/Ibu kesal. Tulis saja masalah dan lokasinya, saya bantu teruskan.

my_data =
    Yang kami simpan sejak { $since_day }: { $messages } pesan, { $photos } foto atau berkas{ $name ->
        [yes] , nama profil
       *[no] {""}
    }{ $phone ->
        [yes] , nomor telepon
       *[no] {""}
    }, dan { $count } laporan.{ $has_ticket1 ->
        [yes] {"\u000A"}{ $ticket1 }: { $state1 }
       *[no] {""}
    }{ $has_ticket2 ->
        [yes] {"\u000A"}{ $ticket2 }: { $state2 }
       *[no] {""}
    }{ $has_ticket3 ->
        [yes] {"\u000A"}{ $ticket3 }: { $state3 }
       *[no] {""}
    }

    Untuk menghapusnya, tulis *hapus data saya*.
ask_erase =
    Hapus semua data Bapak/Ibu di layanan ini? Nama, nomor, percakapan, dan isian yang belum dikirim tidak bisa dikembalikan.{ $has_kept ->
        [yes] {" "}Laporan yang sudah masuk SP4N-LAPOR! ({ $kept }) tetap ada.
       *[no] {""}
    }
erased =
    Data Bapak/Ibu dihapus dari layanan ini.{ $has_kept ->
        [yes] {" "}Yang sudah masuk SP4N-LAPOR! tetap ada di sana tanpa nama dan nomor dari kami: *{ $kept }*.
       *[no] {""}
    }{ $incident ->
        [yes] {" "}Keadaan darurat yang masih ditangani 112 tetap tercatat tanpa nama dan nomor.
       *[no] {""}
    }
erase_not = Baik, tidak ada yang dihapus.
