"""The titles of a WooCommerce export in the languages of its translations.

Only titles are translated; `simple`, `visible` and the like stand in the cells as in English.
A title may have several wordings, since translations change. Where two columns have one title in
a translation, neither is listed.
"""

from __future__ import annotations

import re

WORDS = {
    "type!": "typ|tipo|тип|类型|タイプ|種類|類型",
    "sku!": "artikelnummer|art.-nr.|artikelnummer (sku)|ugs|sku (ugs)|cod|codice|ref|ref.|rif|ref (sku)"
            "|артикул|商品コード|货号|貨號|numer artykułu",
    "title!": "nom|nombre|nome|naam|nazwa|имя|название|名称|名稱|名前|商品名|produktname",
    "price!": "regulärer preis|normaler preis|tarif régulier|prix régulier|precio normal|precio regular"
              "|prezzo di listino|prezzo regolare|reguliere prijs|normale prijs|preço|preço normal"
              "|preço regular|cena|cena regularna|zwykła cena|базовая цена|обычная цена|常规售价|正常价格"
              "|常规价格|正常售价|標準価格|通常価格|原價|定價",
    "sale": "angebotspreis|tarif promo|prix promo|precio rebajado|precio de oferta|prezzo in offerta"
            "|prezzo scontato|actieprijs|aanbiedingsprijs|preço promocional|preço de saldo|cena promocyjna"
            "|цена распродажи|акционная цена|促销价格|促销价|销售价格|セール価格|特價|折扣價",
    "id": "identifikator|identifikationsnummer|identificador|identyfikator|编号",
    "barcode": "gtin, upc, ean oder isbn|gtin, upc, ean ou isbn|gtin, upc, ean o isbn|gtin, upc, ean, o isbn"
               "|gtin, upc, ean, ou isbn|gtin, upc, ean of isbn|gtin, upc, ean lub isbn|gtin, upc, ean или isbn"
               "|gtin, upc, ean 或 isbn|gtin、upc、ean、或 isbn|gtin、upc、ean 或 isbn|gtin、upc、ean、または isbn",
    "published": "veröffentlicht|publié|publicado|pubblicato|gepubliceerd|opublikowano|opublikowany|opublikowane"
                 "|опубликован|опубликовано|已发布|已發佈|公開済み|公開",
    "visibility": "sichtbarkeit im katalog|katalogsichtbarkeit|visibilité dans le catalogue"
                  "|visibilidad en el catálogo|visibilità nel catalogo|zichtbaarheid in catalogus"
                  "|catalogus zichtbaarheid|visibilidade no catálogo|widoczność w katalogu|видимость в каталоге"
                  "|在列表页可见|目录可见性|カタログでの表示|目錄可見度",
    "short": "kurzbeschreibung|description courte|descripción corta|breve descrizione|descrizione breve"
             "|korte beschrijving|korte omschrijving|descrição curta|breve descrição|krótki opis"
             "|короткое описание|краткое описание|简短描述|簡短說明|簡短描述|簡単な説明|短い説明",
    "description": "beschreibung|descripción|descrizione|beschrijving|omschrijving|descrição|opis|описание|描述"
                   "|說明|説明",
    "sale_starts": "datum, an dem angebotspreis beginnt|datum, an dem der angebotspreis beginnt"
                   "|angebotspreis gültig ab|date de début de promo|día en que empieza el precio rebajado"
                   "|data di partenza del prezzo in saldo|data di inizio del prezzo in offerta"
                   "|startdatum actieprijs|data de preço promocional começa em|data de início da promoção"
                   "|data rozpoczęcia promocji|дата начала действия продажной цены|дата начала распродажи"
                   "|促销开始日期|セール価格の開始日|特價開始日期",
    "sale_ends": "datum, an dem angebotspreis endet|datum, an dem der angebotspreis endet"
                 "|angebotspreis gültig bis|date de fin de promo|día en que termina el precio rebajado"
                 "|termine data del prezzo di vendita|data di fine del prezzo in offerta|einddatum actieprijs"
                 "|data de preço promocional termina em|data de fim da promoção|data zakończenia promocji"
                 "|дата окончания действия продажной цены|дата окончания распродажи|促销截止日期|促销结束日期"
                 "|セール価格の終了日|特價結束日期",
    "in_stock": "vorrätig?|auf lager?|lagerstatus|en stock?|en inventaire?|¿en inventario?|¿existencias?"
                "|¿hay existencias?|in magazzino?|disponibile?|op voorraad?|em estoque?|em stock?|w magazynie?"
                "|na stanie?|в наличии?|наличие|有货?|有库存?|在庫の有無|在庫あり?|有庫存?",
    "stock": "lager|bestand|lagerbestand|inventaire|inventario|existencias|magazzino|voorraad|estoque"
             "|stan magazynowy|magazyn|запасы|запас|库存|庫存|在庫",
    "backorders": "lieferrückstände erlaubt?|rückstände erlaubt?"
                  "|autoriser les commandes de produits en rupture?|¿permitir reservas de productos agotados?"
                  "|abilita gli ordini arretrati?|nabestellingen toestaan?|são permitidas encomendas?"
                  "|permitir encomendas?|pozwalać na zamówienia oczekujące (na dostawę do magazynu)?"
                  "|zamówienia oczekujące dozwolone?|задержанный заказ возможен?|возможен ли предзаказ?"
                  "|允许缺货下单?|お取り寄せを許可する?|允許無庫存下單?",
    "weight": "gewicht (unit)|poids (unit)|peso (unit)|waga (unit)|вес (unit)|重量 (unit)|重量(unit)",
    "category": "kategorien|catégories|categorías|categorie|categorieën|categorias|kategorie|категории|分类"
                "|分類|カテゴリー|カテゴリ",
    "tags": "schlagwörter|étiquettes|etiquetas|etichette|tagi|метки|标签|標籤|タグ",
    "vendor": "marken|marques|marcas|marchi|merken|marki|бренды|品牌|ブランド",
    "image": "bilder|imágenes|immagine|immagini|afbeeldingen|imagens|obrazki|изображения|图片|圖片|画像",
    "parent": "übergeordnetes produkt|eltern|superior|genitore|hoofd|bovenliggend|ascendente|produto ascendente"
              "|element nadrzędny|nadrzędny|родительский|父级|親|上層",
    "position": "posición|posizione|positie|posição|pozycja|позиция|位置",
}  # fmt: skip
TRANSLATED = {title: name for name, titles in WORDS.items() for title in titles.split("|")}
ATTRIBUTE = re.compile(r"attribu+t|atribut|atrybut|eigenschap|атрибут|аттрибут|属性|屬性")
NAME = re.compile(r"name\b|nom\b|nombre|nome\b|naam|nazwa|имя|название|名")
VALUE = re.compile(r"value|wert|valeur|valor|valore|valuta|waarde|wartoś|значени|値|值")
NUMBER = re.compile(r"\d{1,2}")
OTHER = re.compile(r"visib|sichtbar|zichtba|widoczn|видим|可见|可見|表示|global|глобал|全局|globaal|default|standa|defaut|défaut|defecto|padrão|predef|domyśl|умолч|默认|預設|デフォルト")  # fmt: skip


def attribute(title: str) -> str:
    """`attribute1_name` for `Nom de l'attribut 1`, `attribute1_values` for `属性 1 值`, else ""."""
    number = NUMBER.search(title)
    if not number or not ATTRIBUTE.search(title) or OTHER.search(title):
        return ""
    if VALUE.search(title):
        return f"attribute{number[0]}_values"
    return f"attribute{number[0]}_name" if NAME.search(title) else ""
