//! Finds the personal texts of an event and names each by its fields: a serializer that passes over everything else.

use std::fmt;

use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};
use serde::{Serialize, Serializer};

use crate::personal::tray::NAME;

/// Gathers texts as members of a JSON object, or only their names as an array.
pub(crate) struct Names {
    /// What stands before the object or array, and the same without its closing bracket, from the first text on.
    out: Vec<u8>,
    before: usize,
    with_texts: bool,
    fields: Vec<&'static str>,
    in_personal: bool,
}

/// An event that cannot be walked: a text that JSON cannot hold, which no string is.
#[derive(Debug)]
pub(crate) struct Unnamed;

impl fmt::Display for Unnamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a personal text cannot be named")
    }
}

impl std::error::Error for Unnamed {}

impl Error for Unnamed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl Names {
    /// Begins after these bytes.
    pub(crate) fn after(out: Vec<u8>) -> Self {
        Self { before: out.len(), out, with_texts: true, fields: Vec::new(), in_personal: false }
    }

    /// Gathers names alone.
    pub(crate) fn alone() -> Self {
        Self { with_texts: false, ..Self::after(Vec::new()) }
    }

    /// Returns the bytes with the object or array; `None` if there was no text.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        if self.out.len() == self.before {
            return None;
        }
        self.out.push(if self.with_texts { b'}' } else { b']' });
        Some(self.out)
    }

    fn text(&mut self, text: &str) -> Result<(), Unnamed> {
        let opening = if self.with_texts { b'{' } else { b'[' };
        self.out.push(if self.out.len() == self.before { opening } else { b',' });
        // Names of fields need no escapes.
        let mut mark = b'"';
        for field in &self.fields {
            self.out.push(mark);
            self.out.extend_from_slice(field.as_bytes());
            mark = b'.';
        }
        self.out.push(b'"');
        if !self.with_texts {
            return Ok(());
        }
        self.out.push(b':');
        serde_json::to_writer(&mut self.out, text).map_err(|_| Unnamed)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unnamed> {
        self.fields.push(name);
        value.serialize(&mut *self)?;
        self.fields.pop();
        Ok(())
    }
}

/// Passes over values of these types.
macro_rules! pass_over {
    ($($method:ident: $type:ty),+) => {
        $(fn $method(self, _: $type) -> Result<(), Unnamed> { Ok(()) })+
    };
}

impl Serializer for &mut Names {
    type Ok = ();
    type Error = Unnamed;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    pass_over! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_bytes: &[u8], serialize_unit_struct: &'static str
    }

    fn serialize_str(self, text: &str) -> Result<(), Unnamed> {
        if self.in_personal { self.text(text) } else { Ok(()) }
    }

    fn serialize_none(self) -> Result<(), Unnamed> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unnamed> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unnamed> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Unnamed> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Unnamed> {
        self.in_personal = name == NAME;
        let walked = value.serialize(&mut *self);
        self.in_personal = false;
        walked
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unnamed> {
        self.field(variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Unnamed> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Unnamed> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Unnamed> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Unnamed> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Unnamed> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unnamed> {
        Ok(self)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Unnamed> {
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Walks over the elements of compound values without fields of their own.
macro_rules! elements {
    ($($compound:ident: $method:ident),+) => {
        $(impl $compound for &mut Names {
            type Ok = ();
            type Error = Unnamed;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unnamed> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Unnamed> {
                Ok(())
            }
        })+
    };
}

elements! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
}

impl SerializeMap for &mut Names {
    type Ok = ();
    type Error = Unnamed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Unnamed> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unnamed> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Unnamed> {
        Ok(())
    }
}

impl SerializeStruct for &mut Names {
    type Ok = ();
    type Error = Unnamed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unnamed> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Unnamed> {
        Ok(())
    }
}

impl SerializeStructVariant for &mut Names {
    type Ok = ();
    type Error = Unnamed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unnamed> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Unnamed> {
        Ok(())
    }
}
