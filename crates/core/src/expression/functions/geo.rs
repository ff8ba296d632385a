//! Places on earth.
use super::super::value::Value;
use super::{Function, Run, or_null};

/// Mean radius.
const EARTH_KM: f64 = 6371.0088;

pub const FUNCTIONS: &[Function] = &[Function {
    name: "geo.distance_km",
    parameters: "latitude1, longitude1, latitude2, longitude2",
    least: 4,
    most: 4,
    doc: "Kilometres along the surface between two places given in degrees (haversine, within 0.5 %). Null for a latitude beyond \
          90 or a longitude beyond 180.",
    examples: &[
        ("math.round(geo.distance_km(52.52, 13.405, 48.8566, 2.3522))", "877"),
        ("geo.distance_km(0, 0, 91, 0)", "null"),
    ],
    run: Run::Plain(|places| or_null(distance(places))),
}];

fn distance<'a>(places: &[Value<'a>]) -> Option<Value<'a>> {
    let degrees = |at: usize, most: f64| {
        let value = places[at].number()?.as_f64();
        (value.abs() <= most).then(|| value.to_radians())
    };
    let (latitude1, longitude1) = (degrees(0, 90.0)?, degrees(1, 180.0)?);
    let (latitude2, longitude2) = (degrees(2, 90.0)?, degrees(3, 180.0)?);
    let half = |a: f64, b: f64| ((b - a) / 2.0).sin().powi(2);
    let chord = half(latitude1, latitude2) + latitude1.cos() * latitude2.cos() * half(longitude1, longitude2);
    Some(Value::double(2.0 * EARTH_KM * chord.min(1.0).sqrt().asin()))
}
