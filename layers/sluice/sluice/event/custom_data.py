"""``custom_data``: what the event was about. Values, items, and the fields of travel, cars and homes.

An event carries it as a plain dict, because custom properties may stand beside these fields. ``CustomData`` is the
shape of the fields that Meta names. Where Meta lists values but is not known to refuse others, any text passes.
No field is null: a null means that there is nothing to say, and is left out.

Source: Meta's "custom data parameters" page; ``offline``: "send offline events"; ``SDK``: ``facebook-business`` only.
"""

from msgspec import UNSET, Struct, UnsetType

from sluice.event.values import Amount, Count, DeliveryCategory, FlatObject, Number, Property


class Content(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One item of ``contents``. Meta refuses the whole request for any other key in here."""

    id: str
    """Id of the product or variant in the catalogue; not blank."""
    quantity: Count
    """Pieces."""
    item_price: Amount | UnsetType = UNSET
    """Price of one piece in major units of the event's currency."""
    delivery_category: DeliveryCategory | UnsetType = UNSET
    """As on the whole purchase."""
    price: Amount | UnsetType = UNSET
    """Price of one piece under its older name (offline)."""
    title: str | UnsetType = UNSET
    """Name of the product (SDK)."""
    description: str | UnsetType = UNSET
    """What the product is (SDK)."""
    brand: str | UnsetType = UNSET
    """Maker of the product (offline, SDK)."""
    category: str | UnsetType = UNSET
    """Category of the product (offline, SDK)."""


class CustomData(Struct, omit_defaults=True, kw_only=True):
    """The fields of ``custom_data`` that Meta names. Any other key is a custom property: a ``Property``."""

    # Every event
    value: Amount | UnsetType = UNSET
    """What the event is worth, in major units of ``currency``. A Purchase must have it."""
    currency: str | UnsetType = UNSET
    """ISO 4217, three letters. Every value must have it."""
    content_ids: list[str] | UnsetType = UNSET
    """Ids of the catalogue, as in ``contents``."""
    contents: list[Content] | UnsetType = UNSET
    """The items."""
    content_type: str | UnsetType = UNSET
    """``product``, or ``product_group`` when the ids are those of groups; travel has values of its own."""
    content_name: str | UnsetType = UNSET
    """Name of page or product, free text."""
    content_category: str | UnsetType = UNSET
    """Category of page or product, free text."""
    delivery_category: DeliveryCategory | UnsetType = UNSET
    """How a purchase reaches the buyer."""
    num_items: Count | UnsetType = UNSET
    """Items of a checkout."""
    order_id: str | UnsetType = UNSET
    """The shop's id of the order."""
    predicted_ltv: Amount | UnsetType = UNSET
    """Expected lifetime value of a subscriber, in major units."""
    net_revenue: Number | UnsetType = UNSET
    """Margin of the event in major units; may be a loss (SDK)."""
    search_string: str | UnsetType = UNSET
    """What was searched for."""
    status: str | UnsetType = UNSET
    """Status of a registration."""
    customer_segmentation: str | UnsetType = UNSET
    """New or existing customer, such as ``new_customer_to_business`` ("server event parameters" page)."""
    product_catalog_id: str | UnsetType = UNSET
    """Catalogue that the ids belong to."""
    item_number: str | UnsetType = UNSET
    """Tells events of one order apart (offline)."""
    store_data: FlatObject | UnsetType = UNSET
    """The shop: ``store_page_id``, ``brand_page_id``, ``store_code`` (offline)."""
    event_source: str | UnsetType = UNSET
    """``crm`` for the stages of a lead ("conversion leads" page)."""
    lead_event_source: str | UnsetType = UNSET
    """Name of the CRM ("conversion leads" page)."""
    user_bucket: Property | UnsetType = UNSET
    """The advertiser's own group of the person."""

    # Places and search
    city: str | UnsetType = UNSET
    """City that the person is interested in."""
    region: str | UnsetType = UNSET
    """State or region that the person is interested in."""
    country: str | UnsetType = UNSET
    """Country that the person is interested in."""
    neighborhood: str | UnsetType = UNSET
    """Part of the city."""
    postal_code: Property | UnsetType = UNSET
    """Postcode that the person is interested in."""
    dma_code: Property | UnsetType = UNSET
    """Designated market area."""
    price: Amount | UnsetType = UNSET
    """Price of home or vehicle in major units."""
    preferred_price_range: Property | UnsetType = UNSET
    """Lowest and highest price."""
    suggested_destinations: Property | UnsetType = UNSET
    """Ids that were shown, as the next six."""
    suggested_home_listings: Property | UnsetType = UNSET
    suggested_hotels: Property | UnsetType = UNSET
    suggested_jobs: Property | UnsetType = UNSET
    suggested_local_service_businesses: Property | UnsetType = UNSET
    suggested_location_based_items: Property | UnsetType = UNSET
    suggested_vehicles: Property | UnsetType = UNSET

    # Travel. Dates: YYYYMMDD, YYYY-MM-DD, with Thh:mm or Thh:mm:ss and a zone, in the time of the place
    checkin_date: Property | UnsetType = UNSET
    """First night in the hotel."""
    departing_departure_date: Property | UnsetType = UNSET
    """Start of the way there."""
    departing_arrival_date: Property | UnsetType = UNSET
    """End of the way there."""
    returning_departure_date: Property | UnsetType = UNSET
    """Start of the way back."""
    returning_arrival_date: Property | UnsetType = UNSET
    """End of the way back."""
    travel_start: Property | UnsetType = UNSET
    """First day of the journey."""
    travel_end: Property | UnsetType = UNSET
    """Last day of the journey."""
    destination_airport: str | UnsetType = UNSET
    """IATA code."""
    origin_airport: str | UnsetType = UNSET
    """IATA code."""
    destination_ids: Property | UnsetType = UNSET
    """Ids of the destination catalogue."""
    num_adults: Count | UnsetType = UNSET
    """Travellers who are grown up."""
    num_children: Count | UnsetType = UNSET
    """Travellers who are children."""
    num_infants: Count | UnsetType = UNSET
    """Travellers without a seat."""
    hotel_score: Property | UnsetType = UNSET
    """How good the hotel is for the advertiser."""
    preferred_num_stops: Property | UnsetType = UNSET
    """Stops of the flight."""
    preferred_star_ratings: Property | UnsetType = UNSET
    """Lowest and highest number of stars."""
    travel_class: str | UnsetType = UNSET
    """Economy, premium, business or first."""

    # Vehicles
    body_style: str | UnsetType = UNSET
    """CONVERTIBLE, COUPE, HATCHBACK, MINIVAN, TRUCK, SUV, SEDAN, VAN, WAGON, CROSSOVER, OTHER."""
    condition_of_vehicle: str | UnsetType = UNSET
    """How worn it is."""
    drivetrain: str | UnsetType = UNSET
    """Which wheels drive."""
    exterior_color: str | UnsetType = UNSET
    """Outside."""
    interior_color: str | UnsetType = UNSET
    """Inside."""
    fuel_type: str | UnsetType = UNSET
    """What it runs on."""
    make: str | UnsetType = UNSET
    """Maker."""
    mileage: FlatObject | UnsetType = UNSET
    """``value`` in ``unit`` (``MI`` or ``KM``)."""
    model: str | UnsetType = UNSET
    """Model of the maker."""
    state_of_vehicle: str | UnsetType = UNSET
    """New, used or certified."""
    transmission: str | UnsetType = UNSET
    """Automatic or manual."""
    trim: str | UnsetType = UNSET
    """Variant of the model, at most 50 characters."""
    vin: str | UnsetType = UNSET
    """Vehicle identification number."""
    year: Property | UnsetType = UNSET
    """Year of the model."""

    # Homes
    availability: str | UnsetType = UNSET
    """available_soon, for_rent, for_sale, off_market, recently_sold, sale_pending."""
    lease_start_date: Property | UnsetType = UNSET
    """First day of the lease."""
    lease_end_date: Property | UnsetType = UNSET
    """Last day of the lease."""
    listing_type: str | UnsetType = UNSET
    """For rent, for sale, foreclosed and so on."""
    preferred_baths_range: Property | UnsetType = UNSET
    """Lowest and highest number of bathrooms."""
    preferred_beds_range: Property | UnsetType = UNSET
    """Lowest and highest number of bedrooms."""
    preferred_neighborhoods: Property | UnsetType = UNSET
    """Parts of the city."""
    property_type: str | UnsetType = UNSET
    """Apartment, house, land and so on."""
